"""Hostile or broken folders and zips: a problem of one student only; nothing outside of them is read."""

import os
import struct
import time
import zipfile

import pytest

from classroom.collect import archives
from classroom.collect.owners import Owner, told_apart
from classroom.collect.submissions import find
from tests.classroom._handed import CHAPTERS, damaged, member, packed, put

MB = 1 << 20


def problems(folder, student="ada"):
    """name -> problem; the class has another student, who is not touched by it."""
    put(folder, "zoe/01_vgg.ipynb")
    found = {one.student: one for one in find(folder, CHAPTERS)}
    assert [file.data for file in found["zoe"].files] == [b"zoe/01_vgg.ipynb"]
    assert all((file.data is None) == bool(file.problem) for file in found[student].files)
    return {file.name: file.problem for file in found[student].files}


# ---- folders ---------------------------------------------------------------------------------------------------------


def test_no_link_is_followed(tmp_path):
    secret, class_ = tmp_path / "secret", tmp_path / "class"
    put(secret, "01_vgg.ipynb")
    put(class_, "ada/own.ipynb")
    (class_ / "ada" / "link.ipynb").symlink_to(secret / "01_vgg.ipynb")
    (class_ / "ada" / "folder").symlink_to(secret)
    (class_ / "ada" / "loop").symlink_to(class_ / "ada")
    (class_ / "ada" / "dangling.zip").symlink_to("nowhere")
    (class_ / "bob").symlink_to(secret)
    (class_ / "eve.zip").symlink_to(secret)
    said = "is a symbolic link"
    assert problems(class_) == {
        "ada/own.ipynb": "", "ada/link.ipynb": said, "ada/folder": said, "ada/loop": said, "ada/dangling.zip": said
    }  # fmt: skip
    assert problems(class_, "bob") == {"bob": said}
    assert problems(class_, "eve") == {"eve.zip": said}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such thing on Windows")
def test_a_fifo_does_not_wait_for_a_writer(tmp_path):
    (tmp_path / "ada").mkdir()
    os.mkfifo(tmp_path / "ada" / "01_vgg.ipynb")
    os.mkfifo(tmp_path / "bob.zip")
    assert problems(tmp_path) == {"ada/01_vgg.ipynb": "is no ordinary file"}
    assert problems(tmp_path, "bob") == {"bob.zip": "is no ordinary file"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such thing on Windows")
@pytest.mark.parametrize("what", ["link", "fifo"])
def test_a_file_that_is_exchanged_while_we_look_is_not_followed(tmp_path, what):
    put(tmp_path, "ada/01_vgg.ipynb")
    (entry,) = [entry for entry in archives.in_folder(tmp_path) if not entry.folder]
    path = tmp_path / "ada" / "01_vgg.ipynb"
    path.unlink()
    path.symlink_to("/etc/hostname") if what == "link" else os.mkfifo(path)
    with pytest.raises(archives.ProblemError, match=r"no ordinary file|cannot be read"):
        archives.whole(entry, 100)


@pytest.mark.parametrize("place", ["ada", "J.R.Smith", "ada/inner"])
def test_a_folder_that_may_not_be_opened(tmp_path, monkeypatch, place):
    put(tmp_path, f"{place}/01_vgg.ipynb", f"{place.split('/')[0]}/x.ipynb")
    really = os.scandir

    def scandir(path):  # the tests may run as root, who may open everything
        if os.fspath(path).endswith(place):
            raise PermissionError(13, "Permission denied")
        return really(path)

    monkeypatch.setattr(os, "scandir", scandir)
    student = place.split("/")[0]
    assert problems(tmp_path, student)[place] == "cannot be opened (Permission denied)"


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    put(tmp_path, "ada/01_vgg.ipynb", "ada/04_textures.ipynb")
    really = os.open

    def refused(path, *options):
        if str(path).endswith("01_vgg.ipynb") and "ada" in str(path):
            raise PermissionError(13, "Permission denied")
        return really(path, *options)

    monkeypatch.setattr(os, "open", refused)
    assert problems(tmp_path) == {
        "ada/04_textures.ipynb": "", "ada/01_vgg.ipynb": "cannot be read (Permission denied)"
    }  # fmt: skip


def test_very_deep_folders(tmp_path):
    put(tmp_path, "/".join(["ada", *["d"] * 200, "01_vgg.ipynb"]))
    (tmp_path / "bob.zip").write_bytes(packed("d/" * 5000 + "01_vgg.ipynb"))
    assert list(problems(tmp_path).values()) == list(problems(tmp_path, "bob").values()) == [""]


def test_a_year_that_no_calendar_has(tmp_path):
    put(tmp_path, "ada/01_vgg.ipynb")
    os.utime(tmp_path / "ada" / "01_vgg.ipynb", ns=(0, -(2**62)))
    assert list(problems(tmp_path).values()) == [""]


def test_sizes_are_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "FILE_BYTES", MB)
    put(tmp_path, "ada/a.ipynb", "ada/b.ipynb")
    (tmp_path / "ada" / "a.ipynb").write_bytes(bytes(MB))
    (tmp_path / "ada" / "b.ipynb").write_bytes(bytes(MB + 1))
    assert problems(tmp_path) == {"ada/a.ipynb": "", "ada/b.ipynb": "is too large (more than 1 MB)"}


# ---- zips ------------------------------------------------------------------------------------------------------------


def zipped(folder, *members):
    (folder / "ada.zip").write_bytes(packed(*members))
    return problems(folder)


@pytest.mark.parametrize(
    "name",
    [
        "../x.ipynb",
        "a/../../x.ipynb",
        "/etc/x.ipynb",
        "C:/x.ipynb",
        "c:x.ipynb",
        "C:\\x.ipynb",
        "..\\x.ipynb",
        "../zoe",
    ],
)
def test_no_member_from_outside_of_the_zip(tmp_path, name):
    found = zipped(tmp_path, "in.ipynb", name)
    assert found == {"ada.zip/in.ipynb": "", f"ada.zip/{name}": "has a path that leads out of its zip"}


def test_folders_that_are_parted_as_on_windows(tmp_path):
    assert zipped(tmp_path, "hw\\", "hw\\x.ipynb", "hw/y.ipynb") == {"ada.zip/hw/x.ipynb": "", "ada.zip/hw/y.ipynb": ""}
    names = ["Ada_7_assignsubmission_file_\\x.ipynb", "Eve_8_assignsubmission_file_\\x.ipynb"]
    (tmp_path / "export.zip").write_bytes(packed(*(f"all\\{name}" for name in names)))
    assert [one.student for one in find(tmp_path / "export.zip", CHAPTERS)] == ["7", "8"]


def test_members_that_are_links(tmp_path):
    found = zipped(tmp_path, (member("a.ipynb", link=True), b"/etc/passwd"), "b.ipynb")
    assert found == {"ada.zip/b.ipynb": "", "ada.zip/a.ipynb": "is a symbolic link"}


def test_nothing_is_unpacked_to_disk(tmp_path):
    zipped(tmp_path, "a/b.ipynb", "../c.ipynb")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["01_vgg.ipynb", "ada.zip", "zoe"]


def test_a_zip_in_a_zip(tmp_path):
    inner = packed("01_vgg.ipynb")
    assert zipped(tmp_path, ("more.zip", inner)) == {"ada.zip/more.zip": "is a zip inside of a zip"}


def test_encrypted_members(tmp_path):
    data = packed(("01_vgg.ipynb", b"x"))
    flagged = damaged(
        data, (b"PK\3\4\x14\0\0\0", b"PK\3\4\x14\0\1\0"), (b"PK\1\2\x14\3\x14\0\0\0", b"PK\1\2\x14\3\x14\0\1\0")
    )
    (tmp_path / "ada.zip").write_bytes(flagged)
    assert "is encrypted" in problems(tmp_path)["ada.zip/01_vgg.ipynb"]


def test_methods_that_grow_too_fast(tmp_path):
    slow = member("01_vgg.ipynb")
    slow.compress_type = zipfile.ZIP_LZMA
    assert "unusual way" in zipped(tmp_path, (slow, bytes(1000)))["ada.zip/01_vgg.ipynb"]


@pytest.mark.parametrize(
    "break_",
    [
        lambda data: b"",
        lambda data: b"no zip",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-10],
        lambda data: damaged(data, (b"payload", b"pAyload")),
        lambda data: damaged(data, (b"PK\1\2", b"PK\1\3")),
        lambda data: damaged(data, (b"PK\3\4", b"PK\3\5")),
    ],
)
def test_broken_zips(tmp_path, break_):
    stored = member("01_vgg.ipynb")
    stored.compress_type = zipfile.ZIP_STORED
    (tmp_path / "ada.zip").write_bytes(break_(packed((stored, b"the payload of a notebook"))))
    assert set(problems(tmp_path).values()) == {"is damaged, or not what its name says"}


def test_an_empty_zip_is_a_student_without_files(tmp_path):
    assert zipped(tmp_path) == {}


def test_a_bomb_is_not_held(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "FILE_BYTES", MB)
    found = zipped(tmp_path, ("bomb.ipynb", bytes(20 * MB)), "b.ipynb")
    assert found == {"ada.zip/b.ipynb": "", "ada.zip/bomb.ipynb": "is too large (more than 1 MB)"}


def test_a_header_that_lies_about_the_size(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "FILE_BYTES", MB)
    size = 5 * MB + 77
    lying = damaged(packed(("bomb.ipynb", bytes(size))), (struct.pack("<L", size), struct.pack("<L", 100)))
    (tmp_path / "ada.zip").write_bytes(lying)
    assert problems(tmp_path)["ada.zip/bomb.ipynb"] == "is damaged, or not what its name says"


def test_all_members_together_are_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(archives.Budget.__init__, "__defaults__", (archives.MEMBERS, 3 * MB))
    monkeypatch.setattr(archives, "ZIP_BYTES", 3 * MB)
    found = zipped(tmp_path, *((f"{name}.ipynb", bytes(2 * MB)) for name in "ab"))
    assert sorted(found.values()) == ["", "is too large (all files together: more than 3 MB)"]


def test_members_are_counted(tmp_path):
    few, many = ([f"{number}.ipynb" for number in range(count)] for count in (1000, 1001))
    assert len(zipped(tmp_path, *few)) == 1000
    assert zipped(tmp_path, *many) == {"ada.zip": "holds more than 1000 notebooks"}


@pytest.mark.parametrize("folder", ["course/.venv/lib", "venv/lib/site-packages/torch", "node_modules", "data"])
def test_a_whole_folder_is_read_whatever_lies_in_it(tmp_path, folder):
    found = zipped(tmp_path, "course/01_vgg.ipynb", *(f"{folder}/{number}.py" for number in range(1200)))
    assert found == {"ada.zip/course/01_vgg.ipynb": ""}


@pytest.mark.parametrize("large", [False, True])
def test_a_long_table_of_contents_is_refused_before_it_is_read(tmp_path, monkeypatch, large):
    monkeypatch.setattr(archives, "DIRECTORY_BYTES", 1000)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 3 if large else 65535)  # beyond it sizes stand elsewhere
    data = packed(*(f"{number}.ipynb" for number in range(100)))
    assert (b"PK\6\7" in data) == large
    if large:
        data = data[:-10] + struct.pack("<L", 10) + data[-6:]  # the size that does not count
    (tmp_path / "ada.zip").write_bytes(data)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert problems(tmp_path) == {"ada.zip": "holds too many files"}


def test_a_small_zip_in_the_format_of_large_ones_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 0)
    data = packed("01_vgg.ipynb")
    assert b"PK\6\7" in data
    (tmp_path / "ada.zip").write_bytes(data)
    assert problems(tmp_path) == {"ada.zip/01_vgg.ipynb": ""}


def test_a_zip_that_is_too_large_on_disk(tmp_path):
    with (tmp_path / "ada.zip").open("wb") as file:
        file.truncate(archives.ZIP_BYTES + 1)  # sparse: takes no room
    assert problems(tmp_path) == {"ada.zip": "is too large (more than 256 MB)"}


def test_a_zip_with_our_manifest_is_no_export(tmp_path):
    manifest = ("manifest.json", b'{"format": 1, "student": "ada", "files": {}}')
    assert zipped(tmp_path, manifest, "eve_1_2_01_vgg.ipynb") == {"ada.zip/eve_1_2_01_vgg.ipynb": ""}


def test_submitted_in_a_students_folder_is_no_export(tmp_path):
    put(tmp_path, "ada/submitted/bob/01_vgg.ipynb")
    assert problems(tmp_path) == {"ada/submitted/bob/01_vgg.ipynb": ""}


def test_broken_zips_inside_of_an_export(tmp_path):
    export = packed(("ada_12_34_a.zip", b"no zip"), ("bob_13_35_b.zip", packed("../x.ipynb", "01_vgg.ipynb")))
    (tmp_path / "export.zip").write_bytes(export)
    ada, bob = find(tmp_path / "export.zip", CHAPTERS)
    assert [file.problem for file in ada.files] == ["is damaged, or not what its name says"]
    assert sorted(file.problem for file in bob.files) == ["", "has a path that leads out of its zip"]


# ---- whose is it? ----------------------------------------------------------------------------------------------------

MOODLES = [f"Student {number}_{number}_assignsubmission_file_01_vgg.ipynb" for number in range(100, 105)]
CANVASES = [f"student{number}_{number}_{number}_01_vgg.ipynb" for number in range(100, 105)]


def whose(folder):
    """student -> (platform, the files' bytes)."""
    return {one.student: (one.platform, [file.data for file in one.files]) for one in find(folder, CHAPTERS)}


@pytest.mark.parametrize(
    "ends",
    [
        "x_104_assignsubmission_file_01_vgg",
        "_104_assignsubmission_file_",
        "student104_104_104_01_vgg",
        "LATE_104_1_01_vgg",
    ],
)
@pytest.mark.parametrize(
    ("class_", "start", "number", "platform"),
    [
        (MOODLES, "Ada_777_assignsubmission_file_", "777", "moodle"),
        (MOODLES, "Ada_777_assignsubmission_file_/", "777", "moodle"),
        (CANVASES, "ada_777_1002_", "777", "canvas"),
        (CANVASES, "ada_LATE_777_1002_", "777", "canvas"),
    ],
)
def test_what_a_student_calls_a_file_takes_nobodys_number(tmp_path, class_, start, number, platform, ends):
    name = f"{start}{ends}.ipynb"
    put(tmp_path, *class_, name)
    found = whose(tmp_path)
    assert found[number] == (platform, [name.encode()])
    assert found["104"] == (platform, [class_[-1].encode()])


def test_a_name_that_its_owner_chose_takes_no_others_number(tmp_path):
    """Some platforms let people write a name of their own, and the folder begins with it."""
    folders = [name.removesuffix("01_vgg.ipynb") for name in MOODLES]
    put(tmp_path, *(f"{one}/01_vgg.ipynb" for one in [*folders, f"{folders[-1]}_777_assignsubmission_file_"]))
    found = {one.student: one for one in find(tmp_path, CHAPTERS)}
    assert set(found) == {"100", "101", "102", "103", "104", "777"}
    assert found["104"].notes == ()
    assert found["777"].notes == ("bears the numbers 104, 777, and 777 was taken: a name or a file was called so",)


def test_a_file_with_two_numbers_is_asked_about(tmp_path):
    put(tmp_path, *MOODLES, "Ada_777_assignsubmission_file_x_104_assignsubmission_file_01_vgg.ipynb")
    found = {one.student: one.notes for one in find(tmp_path, CHAPTERS)}
    assert found["777"] == ("bears the numbers 777, 104, and 777 was taken: a name or a file was called so",)
    assert found["104"] == ()


@pytest.mark.parametrize("name", [MOODLES[0], CANVASES[0]])
@pytest.mark.parametrize("others", [["ada.ipynb", "bob.ipynb"], ["ada/01_vgg.ipynb", "bob/01_vgg.ipynb"]])
def test_a_platforms_name_is_not_believed_where_the_platform_does_not_deliver(tmp_path, name, others):
    put(tmp_path, *others, name)
    (one,) = [one for one in find(tmp_path, CHAPTERS) if one.student not in ("ada", "bob")]
    assert one.student != "100" and one.platform == ""
    assert "its number was not believed" in " ".join(one.notes)


def test_a_canvas_name_among_moodles_is_a_name_like_any_other(tmp_path):
    put(tmp_path, *MOODLES, CANVASES[0])
    assert "100" in whose(tmp_path) and {platform for platform, _ in whose(tmp_path).values()} == {"moodle", ""}


@pytest.mark.parametrize(
    "others", [["bob.ipynb"], ["bob/01_vgg.ipynb"], MOODLES, [f"export/{one}" for one in MOODLES], []]
)
def test_a_zip_beside_others_is_one_students_whatever_is_in_it(tmp_path, others):
    put(tmp_path, *others)
    before = whose(tmp_path)
    forged = [f"Student {number}_{number}_assignsubmission_file_/01_vgg.ipynb" for number in range(100, 105)]
    (tmp_path / "mallory.zip").write_bytes(
        packed(*((member(name, (2107, 1, 1, 0, 0, 0)), b"forged") for name in forged))
    )
    found = whose(tmp_path)
    assert {student: found[student] for student in before} == before
    assert found.keys() - before.keys() == {"mallory"}
    (mallory,) = [one for one in find(tmp_path, CHAPTERS) if one.student == "mallory"]
    assert "grade it by itself" in " ".join(mallory.notes)


def test_a_students_folder_that_looks_like_an_export_is_none(tmp_path):
    put(tmp_path, "bob/01_vgg.ipynb", *(f"mallory/{name}" for name in MOODLES))
    assert list(whose(tmp_path)) == ["bob", "mallory"]


def test_a_flood_of_names_takes_no_longer_than_its_length(tmp_path):
    def seconds(count):
        name = "Student_{}_assignsubmission_file_.ipynb"  # all of one name
        (tmp_path / "export.zip").write_bytes(packed(*((name.format(number), b"") for number in range(1, count + 1))))
        began = time.process_time()
        assert len(find(tmp_path / "export.zip", CHAPTERS)) == count
        return time.process_time() - began

    seconds(100)
    few, many = seconds(500), seconds(2000)
    assert many < 10 * few, "four times as many; all with all would take sixteen times as long"


def test_a_flood_of_one_id_is_linear_as_well(tmp_path):
    names = [f"student{number}_7_{number}_01_vgg.ipynb" for number in range(1, 1001)]
    (tmp_path / "export.zip").write_bytes(packed(*names))
    found = find(tmp_path / "export.zip", CHAPTERS)
    assert len({one.student for one in found}) == 1000 and "7" not in {one.student for one in found}
    assert max(len(note) for one in found for note in one.notes) < 300


def test_a_flood_of_one_id_compares_no_owner_with_all_others(monkeypatch):
    compared = 0

    def equal(one, other):
        nonlocal compared
        compared += 1
        return vars(one) == vars(other)

    monkeypatch.setattr(Owner, "__eq__", equal)
    owners = [Owner("ada", f"student {number}") for number in range(1000)]
    assert len(list(told_apart(owners))) == 1000
    assert compared < 10 * len(owners)
