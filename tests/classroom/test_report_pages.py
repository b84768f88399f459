"""The pages: readable by everybody, nothing of others in a student's, and what a teacher wants to know first."""

import dataclasses
import itertools
import re
from dataclasses import replace
from functools import partial

import pytest

from classroom.grading.results import STATES, Written
from classroom.reports.marks import question_state
from classroom.reports.misunderstandings import ELSEWHERE, misunderstandings
from classroom.reports.page import TEMPLATES
from classroom.reports.record import class_record
from classroom.reports.roster import read_roster
from classroom.reports.state_texts import GONE, STATE_TEXTS
from course.answers.notebook import MISSING, NOT_RUN
from course.check.engine.blame import CALLS_WRONG
from tests.classroom import _class
from tests.classroom._class import CHAPTERS, NASTY, SCRIPT, chapter, invented, read_csv, student
from tests.classroom._pages import Page


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("reports")
    _class.report(invented(), out, unsafe=True)
    return out


@pytest.fixture(scope="module")
def class_page(folder):
    return Page((folder / "class.html").read_text(encoding="utf-8"))


def feedback(folder, identifier):
    return Page((folder / "feedback" / f"{identifier}.html").read_text(encoding="utf-8"))


def report(out, graded):
    """The pages of a class: class.html, and the students' by id."""
    _class.report(graded, out)
    return Page((out / "class.html").read_text(encoding="utf-8")), {
        one.student: feedback(out, one.student) for one in graded
    }


# --- all pages --------------------------------------------------------------------------------------------------------


def test_every_page_is_whole_accessible_and_self_contained(folder):
    found = list(folder.rglob("*.html"))
    assert len(found) == 31
    assert {path.name: faults for path in found if (faults := Page(path.read_text(encoding="utf-8")).faults)} == {}


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        ("<h3>deep</h3>", "a level of headings is left out"),
        ("<table><tr><td>1</td></tr></table>", "a table has no caption"),
        ("<svg></svg>", "an svg is neither hidden nor named"),
        ("<script>1</script>", "something comes from outside"),
        ("<p onclick='x'>1</p>", "something is run"),
        ("<p><b>1</p>", "</p> closes something else"),
        ('<a href="#x">1</a>', "a link leads nowhere"),
    ],
)
def test_the_reader_of_pages_sees_faults(broken, fault):
    page = TEMPLATES.get_template("page.html").render(title="A title", unsafe=False)
    assert Page(page).faults == [] and fault in Page(page.replace("</main>", f"{broken}</main>")).faults


def test_nothing_of_a_student_is_obeyed(folder):
    for path in folder.rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        assert SCRIPT not in source and "<b>" not in source and "Content <i>" not in source
        assert not re.search("[\x00\ud800]", source)
    named = feedback(folder, "s004")
    assert NASTY["s004"] in named.headings[0][1] and "got <b>." in "".join(named.said)


HOSTILE = "</pre></p>\"'<script>x</script>{{ 7 * 6 }}{% if %}"


@pytest.mark.parametrize("states", [["full"] * 4, ["unreadable"] * 4, [f"{state}|centred" for state in STATES[1:5]]])
def test_whatever_comes_from_outside_is_shown_as_it_is(states, tmp_path):
    """Names, ids, files, notes, what a check quotes, words, comments, titles, people of a roster."""
    one = student(
        f"s1{HOSTILE}", states, (f"words {HOSTILE}", f"more {HOSTILE}"), f"name {HOSTILE}", [f"note {HOSTILE}"]
    )
    marks = [
        replace(mark, mistake=f"a {HOSTILE}", lines=("", f"says {HOSTILE}", f"read {HOSTILE}")) for mark in one.marks
    ]
    one = replace(one, marks=tuple(marks), files=dict.fromkeys(one.files, f"a/file {HOSTILE}"))
    chapters = [replace(chapter, title=f"title {HOSTILE}") for chapter in CHAPTERS]
    moodle = f'Identifier,Full name,Username\n7,"person {HOSTILE.replace(chr(34), chr(34) * 2)}",u\n'
    (tmp_path / "roster.csv").write_text(moodle, encoding="utf-8")
    _class.report([one], tmp_path, chapters)
    table = tmp_path / "open_questions.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",,,sha256", ",1,on <b>,sha256"), encoding="utf-8")
    _class.report([one], tmp_path, chapters, roster=read_roster(tmp_path / "roster.csv"))
    said = ""
    for path in (tmp_path / "class.html", *(tmp_path / "feedback").iterdir()):
        page = Page(path.read_text(encoding="utf-8"))
        assert page.faults == []
        said += page.text
    shown = ["s1", "name ", "note ", "title ", "person ", "file "]
    if states[0].startswith("partial"):
        shown += ["says ", "words "]
        assert "on <b>" in said
    assert [what for what in shown if f"{what}{HOSTILE}" not in said] == []


def luminance(colour):
    levels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in levels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("ink", ["ink", "quiet", "link"])
@pytest.mark.parametrize("ground", ["paper", "soft", "warning"])
def test_every_text_stands_out_from_every_ground(ink, ground):
    colours = dict(re.findall(r"--(\w+): (#\w{6});", TEMPLATES.get_template("page.css").render()))
    light, dark = sorted([luminance(colours[ink]), luminance(colours[ground])], reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_every_state_has_words_and_a_filling_of_its_own():
    fills = TEMPLATES.get_template("bars.html").module.FILLS
    assert set(STATE_TEXTS) == set(fills) == set(STATES)
    assert len(set(fills.values())) == len({words.name for words in STATE_TEXTS.values()}) == len(STATES)
    assert all(words.advice or state in ("full", "wrong") for state, words in STATE_TEXTS.items())


# --- a student's page -------------------------------------------------------------------------------------------------


def test_a_page_holds_nothing_of_another_student_and_nothing_of_the_class(folder):
    everybody = {one.student for one in invented()}
    for one in everybody:
        said = feedback(folder, one).text
        assert not [other for other in everybody - {one} if other in said]
        assert not re.search("average|median|students|of 30", said)


def test_a_page_tells_states_points_and_what_the_check_says(folder):
    for one in invented():
        said = feedback(folder, one.student).text
        for mark in one.marks:
            if mark.state == "unreadable":
                continue
            text = STATE_TEXTS[mark.state]
            row = f"{mark.exercise} {text.sign} {text.name} {mark.points} of {mark.possible}"
            assert re.sub(r"\s", "", row) in re.sub(r"\s", "", said)
            assert " ".join(" ".join(mark.lines).split()) in said
            assert mark.state == "full" or text.meaning in said
            assert text.advice in said


def test_a_student_with_all_points_is_told_so_in_one_line(folder, tmp_path):
    almost = report(tmp_path, [student("s1", ["full", "full", "full", "partial"])])[1]["s1"].text
    assert "You have 16 of 24 points: 16 of 19 for exercises, 0 of 5 for answers in words. 3 exercises" in almost
    assert "Well done" not in almost
    said = feedback(folder, "s001").text
    assert "All 4 exercises are right. Well done. You have 19 of 24 points so far: 19 of 19 for exercises" in said
    assert "What to do" not in said


def test_what_could_not_be_read_is_no_mark_and_is_told_once(folder):
    said = feedback(folder, "s002").text
    assert said.count(STATE_TEXTS["unreadable"].advice) == 1
    assert "This is not a mark" in said and "0 of" not in said and "not answered" not in said
    assert "s002/03_content.ipynb" in said


def test_a_chapter_may_have_open_questions_and_no_exercise(tmp_path):
    talk = chapter("02_talk", "Talk", [], [("why", 2)])
    one = student("s1", ["full"] * 4)
    one = replace(one, written=(*one.written, Written("02_talk", "why", 2, "Because.")))
    _class.report([one], tmp_path, (*CHAPTERS, talk))
    said, whole = feedback(tmp_path, "s1"), Page((tmp_path / "class.html").read_text(encoding="utf-8"))
    assert said.faults == whole.faults == []
    _class.report([replace(one, marks=(), written=one.written[2:])], tmp_path, (talk,))
    assert "no exercises, only questions" in feedback(tmp_path, "s1").text
    assert "Talk none 1 to be marked" in said.text and "not read" not in said.text and "in “Talk”" not in whole.text


def test_points_that_could_not_be_read_are_not_counted_against_a_student(tmp_path):
    said = report(tmp_path, [student("s1", ["full", "wrong|centred", "unreadable", "unreadable"])])[1]["s1"].text
    assert "You have 4 of 10 points. 1 exercise of 2 is complete." in said
    assert "Textures not read not read Together 4 of 10 9 not read" in said


def test_the_next_step_is_where_a_diagnosis_is_at_hand(tmp_path):
    states = ["not attempted", "full", "wrong|centred", "partial"]
    said = report(tmp_path, [student("s1", states)])[1]["s1"]
    assert "1 exercise of 4 is complete. A good next step: gram in “Textures”." in said.text
    assert "#04_textures-gram" in said.links
    said = report(tmp_path, [student("s1", ["not attempted", "full", "full", "timed out"])])[1]["s1"]
    assert "A good next step: texture_loss in" in said.text and "#04_textures-texture_loss" in said.links
    said = report(tmp_path, [student("s1", ["full", "not attempted", "full", "full"])])[1]["s1"]
    assert "A good next step: closure in" in said.text and not said.links


def test_the_first_line_has_the_points_that_the_tables_have(tmp_path):
    graded = [student("s1", ["full", "wrong|centred", "full", "full"], ("An answer.", "Another."))]
    said = report(tmp_path, graded)[1]["s1"].text
    assert "13 of 24 points so far: 13 of 19 for exercises, 0 of 5 for answers in words, 2 answers still to be" in said
    path = tmp_path / "open_questions.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",,,sha256", ",1.5,,sha256"), encoding="utf-8")
    page, pages_ = report(tmp_path, graded)
    assert "You have 16 of 24 points: 13 of 19 for exercises, 3 of 5 for answers in words. 3" in pages_["s1"].text
    assert read_csv(tmp_path / "grades.csv")[0]["total"] == "16" and "16.0 points on average, of 24" in page.text


def test_open_questions_are_marked_or_will_be(tmp_path):
    graded = [student("s1", ["full"] * 4, ("An answer.", "  "))]
    said = report(tmp_path, graded)[1]["s1"].text
    assert "why_squares: will be marked by hand, 3 points possible" in said and "You wrote: An answer." in said
    assert "scale: not answered, 0 of 2" in said and "Textures 9 of 9 1 to be marked" in said
    path = tmp_path / "open_questions.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",,,sha256", ",2.5,Nearly.,sha256"), encoding="utf-8")
    said = report(tmp_path, graded)[1]["s1"].text
    assert "why_squares: 2.5 of 3" in said and "Comment: Nearly." in said and "marked by hand" not in said


def test_no_answer_of_an_unreadable_chapter_is_taken_for_none():
    lost, empty = student("s1", ["full", "full", "unreadable", "unreadable"]), student("s2", ["full"] * 4)
    assert question_state(lost, lost.written[0]) == "unreadable"
    assert question_state(empty, empty.written[0]) == "left alone"


# --- the page of the class --------------------------------------------------------------------------------------------


def test_misunderstandings_are_counted_ranked_and_told_as_most_were_told():
    graded = [student(f"s{n}", ["wrong|centred", "full", "wrong|other", "full"]) for n in range(9)]
    graded += [student(f"long{n}", ["full", "full", "wrong|other", "partial"]) for n in range(2)]
    gram, content = misunderstandings(class_record(graded, CHAPTERS))
    assert (gram.exercise, gram.mistake, len(gram.students), gram.kinds, gram.named) == ("gram", "other", 11, 2, False)
    assert gram.sentence == "It is 2 times ours everywhere: only a constant factor is wrong."
    assert (content.exercise, content.sentence, content.kinds) == ("content_loss", "the mean was taken away first.", 1)
    assert content.example == graded[0].marks[0].lines and content.named


def test_who_only_calls_what_is_wrong_elsewhere_has_misunderstood_nothing_more():
    assert ELSEWHERE == CALLS_WRONG
    one = student("s1", ["wrong|centred", "wrong|other", "full", "full"])
    marks = [replace(mark, mistake=mark.mistake.replace("other", ELSEWHERE)) for mark in one.marks]
    assert [made.mistake for made in misunderstandings(class_record([replace(one, marks=tuple(marks))], CHAPTERS))] == [
        "centred"
    ]


def test_the_page_begins_with_three_named_misunderstandings(tmp_path):
    graded = [student(f"s{n}", ["wrong|other", "full", "wrong|centred", "full"]) for n in range(3)]
    graded += [student(f"t{n}", ["full", "wrong|centred", "wrong|divided_by_all", "full"]) for n in range(2)]
    page = report(tmp_path, graded)[0]
    assert [said for _, said in page.headings[1:5]] == [
        "Talk about these three things",
        "3 of 5 · gram: the mean was taken away first.",
        "2 of 5 · closure: the mean was taken away first.",
        "2 of 5 · gram: divided by C * H * W.",
    ]
    assert "The 4 most frequent mistakes 3 of 5 · content_loss: It is 2 times ours" in page.text


def test_a_mistake_that_many_make_in_several_exercises_is_told_as_one(tmp_path):
    graded = [student("s1", ["wrong|centred", "full", "wrong|centred", "partial"], name="Zoë")]
    graded += [student("s2", ["full", "full", "wrong|centred", "full"])]
    page = report(tmp_path, graded)[0]
    where = "2 of 2 in several exercises: the mean was taken away first. (gram, content_loss)"
    assert where in page.text and "texture_loss in “Textures”: 1 of 2 pass the check, but" in page.text
    assert "2 students Zoë (s1), s2" in page.text


def test_the_counts_are_those_of_the_records(class_page):
    graded = invented()
    for one in misunderstandings(class_record(graded, CHAPTERS)):
        made = [g for g in graded for m in g.marks if (m.exercise, m.mistake) == (one.exercise, one.mistake)]
        assert one.students == tuple(g.student for g in made)
        assert f"{len(made)} {one.sentence}" in class_page.text
    for number in range(4):
        states = [one.marks[number].state for one in graded]
        counts = ", ".join(f"{states.count(state)} {state}" for state in STATES if state in states)
        read = [one.marks[number].points for one in graded if one.marks[number].state != "unreadable"]
        mean = f"{sum(read) / len(read):.1f} of {graded[0].marks[number].possible}"
        assert f"{counts} {mean}" in class_page.text
    points = sorted(one.points for one in graded if one.student != "s002")
    assert f"30 students {sum(points) / 29:.1f} points on average, of 24" in class_page.text
    assert f" {points[14]} is the median" in class_page.text
    assert "1 wholly unreadable, in no average" in class_page.text


def test_who_needs_a_look_is_named_with_a_reason(class_page):
    said = class_page.text
    for expected in (
        "Could not be read: 1 Could not be read Student Exercises s002 all of “Content <i>”, all of “Textures”",
        "Crashed: 1 Crashed Student Exercises =HYPERLINK(1) (s003) content_loss",
        "Timed out: 1 Timed out Student Exercises =HYPERLINK(1) (s003) closure",
        "Out of memory: 1 Out of memory Student Exercises =HYPERLINK(1) (s003) gram",
        f"Note '=1 (s007) an older {SCRIPT}.ipynb was left aside",
    ):
        assert expected in said


def test_open_questions_that_are_still_to_be_marked_are_counted(class_page):
    graded = invented()
    answers = [[one.written[place].text.strip() for one in graded if one.student != "s002"] for place in (0, 1)]
    waiting = [sum(map(bool, column)) for column in answers]
    assert f"{sum(waiting)} answers to go" in class_page.text
    assert f"why_squares Textures {waiting[0]} 0 {29 - waiting[0]} none yet" in class_page.text


def test_links_lead_to_the_students_pages(class_page, folder):
    links = [link for link in class_page.links if not link.startswith("#")]
    assert links and all((folder / link).is_file() for link in links)


def test_bars_are_as_long_as_the_counts_say(folder):
    source = (folder / "class.html").read_text(encoding="utf-8")
    bars = re.findall(r'<svg class="bar".*?</svg>', source, re.DOTALL)
    assert len(bars) == 4
    for number, bar in enumerate(bars):
        states = [one.marks[number].state for one in invented()]
        widths = [float(width) for width in re.findall(r'width="([\d.]+)%" height="22"', bar)]
        assert widths == [round(100 * states.count(state) / 30, 2) for state in STATES if state in states]
        starts = [float(x) for x in re.findall(r'<rect x="([\d.]+)%"', bar)]
        assert starts == pytest.approx([0, *itertools.accumulate(widths)][:-1], abs=0.05)


def test_a_class_of_which_nothing_can_be_read_has_no_average(tmp_path):
    page = report(tmp_path, [student("s1", ["unreadable"] * 4)])[0]
    assert page.faults == [] and "is the median" not in page.text and "1 wholly unreadable" in page.text


def test_a_class_without_mistakes_has_nothing_to_talk_about(tmp_path):
    page = report(tmp_path, [student("s1", ["full"] * 4)])[0]
    assert (
        page.faults == [] and "No misunderstanding in common" in page.text and "Nobody: every submission" in page.text
    )


def test_who_handed_in_what_was_handed_out_needs_a_look(tmp_path):
    """Most often it is the wrong file. Whoever wrote a word, or nothing that Python runs, has written something."""
    left = ["not attempted"] * 4
    idle = student("s3", left)
    idle = replace(idle, marks=(*idle.marks[:3], replace(idle.marks[3], mistake=NOT_RUN)))
    graded = [student("s1", left), student("s2", left, answers=("Because.", "")), idle, student("s4", ["full"] * 4)]
    page = report(tmp_path, graded)[0]
    assert page.faults == [] and "Nobody: every submission" not in page.text
    assert "Nothing written: 1 Nothing written Student Handed in s1 as it was handed out" in page.text
    assert "and 3 other exercises as much: 3 of 4 left it alone" in page.text


def test_questions_that_nobody_has_answered(tmp_path):
    page = report(tmp_path, [student("s1", ["full"] * 4)])[0]
    assert "Nobody has answered one yet." in page.text and "All are marked" not in page.text


def test_what_only_one_of_several_has_is_not_talked_about(tmp_path):
    graded = [student("s1", ["wrong|centred", "full", "wrong|divided_by_all", "full"]), student("s2", ["full"] * 4)]
    page = report(tmp_path, graded)[0]
    assert "No misunderstanding in common No two have the same misunderstanding." in page.text
    assert "The 2 most frequent mistakes 1 of 2" in page.text
    alone = report(tmp_path, graded[:1])[0]
    assert "Talk about these two things 1 of 1" in alone.text and "most frequent" not in alone.text


def test_a_slip_of_the_keyboard_is_nothing_to_talk_about(tmp_path):
    graded = [student(f"s{number}", ["full", "full", "wrong|divided_by_all", "full"]) for number in range(3)]
    for place, one in enumerate(graded):
        marks = [replace(mark, mistake="syntax") if mark.state == "wrong" else mark for mark in one.marks]
        graded[place] = replace(one, marks=tuple(marks))
    graded += [student(f"t{number}", ["wrong|centred", "full", "full", "full"]) for number in range(2)]
    page = report(tmp_path, graded)[0]
    assert "Talk about this one thing 2 of 5 · content_loss" in page.text
    assert "The 2 most frequent mistakes 3 of 5 · gram" in page.text


def test_what_is_gone_is_not_said_to_be_as_it_was_handed_out(tmp_path):
    """The second has only the stub of gram, and its cell of texture_loss is gone; the third's file holds nothing."""
    gone = partial(replace, lines=(MISSING,))
    graded = [student(f"s{number}", ["full", "full", "not attempted", "not attempted"]) for number in (1, 2, 3)]
    graded[1] = replace(graded[1], marks=(*graded[1].marks[:3], gone(graded[1].marks[3])))
    graded[2] = replace(graded[2], marks=(*graded[2].marks[:2], *map(gone, graded[2].marks[2:])))
    stubs, one_gone, nothing = (page.text for page in report(tmp_path, graded)[1].values())
    assert "Not attempted: gram, texture_loss" in stubs and GONE.name not in stubs
    assert "Not attempted: gram The function was still" in one_gone
    assert f"{GONE.name}: texture_loss {GONE.meaning}" in one_gone and GONE.advice in one_gone
    assert "Nothing of this chapter was found in this file." in nothing
    assert STATE_TEXTS["not attempted"].meaning not in nothing


def test_what_is_not_run_is_told_with_its_cure(tmp_path):
    """Written or not; it is nothing that is misunderstood, and the instructor's page does not talk about it."""
    idle = partial(replace, mistake=NOT_RUN, lines=("✗ it stands in a raw cell.", "  press Esc and then Y"))
    graded = [student(f"s{number}", ["full", "full", "wrong|other", "not attempted"]) for number in (1, 2)]
    graded = [replace(one, marks=(*one.marks[:2], *map(idle, one.marks[2:]))) for one in graded]
    class_page, pages = report(tmp_path, graded)
    text = pages["s1"].text
    assert text.count("✗ it stands in a raw cell. press Esc and then Y") == 2
    assert "gram: not right yet, 0 of" in text and "texture_loss: not attempted, 0 of" in text
    assert "Not attempted: texture_loss" not in text and GONE.name not in text
    assert "Talk about" not in class_page.text


def test_a_chapter_without_a_notebook_says_so(tmp_path):
    """And nothing of exercises that were "as the chapter gives them out"."""
    graded = student("s1", ["full", "full", "not attempted", "not attempted"])
    files = {"03_content": "Ada_12_assignsubmission_file_/submission.zip/03.ipynb"}
    page = report(tmp_path, [dataclasses.replace(graded, files=files)])[1]["s1"].text
    assert "No notebook of this chapter was found in what you handed in." in page
    assert "as the chapter gives it out" not in page
    assert "Graded: submission.zip/03.ipynb" in page, "without the folder that the platform has named"
