"""What was measured, as Markdown that reads well on a screen: a section for each part of the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.evaluation import PAINTER, PLAIN, WANTED

Record = Mapping[str, Any]


def report(record: Record) -> str:
    """The machine, and a section for each part that was measured."""
    return "\n\n".join([machine(record["machine"]), *(section(name, record) for name in record["conditions"])]) + "\n"


def machine(found: Record) -> str:
    """What the numbers were measured on."""
    return (
        f"{found['cpu']}, {found['cores']} cores, {found['system']}; GPU: {found['gpu'] or 'none'}; "
        f'Python {found["python"]}, torch {found["torch"]}; precision "auto" is {found["auto"]}'
    )


def section(name: str, record: Record) -> str:
    """One part of the record, with the conditions under which it was measured."""
    title, text = SECTIONS[name]
    given = record["conditions"][name]
    conditions = f"Threads of torch: {given['threads']}; cores that other work kept busy before: {given['others']:.1f}."
    return f"## {title}\n\n{text(record)}\n\n{conditions}{BUSY if given['busy'] else ''}"


BUSY = (
    "\n\n**The machine was busy**: other work and these threads together wanted more cores than there are. Torch is\n"
    "then many times slower, and no second that was measured means much."
)


def evaluation(record: Record) -> str:
    """One evaluation against its bare convolutions."""
    rows, words = [], []
    for result in record["evaluation"]:
        picture = f"{result['device']}, {result['precision']}, {result['width']} x {result['height']}"
        for name, seconds in result["quartiles"].items():
            ratios = result["quartiles_of_ratio"][name]
            against = ["1.00", "the bound"] if name == result["bound"] else [f"{ratios[1]:.2f}", spread(ratios)]
            rows.append([picture, name, f"{seconds[1]:.4f}", spread(seconds, 4), *against])
        wanted = WANTED[result["precision"]]
        low, middle, high = result["quartiles_of_ratio"][PAINTER]
        plain = result["quartiles"][PLAIN][1] / result["quartiles"][PAINTER][1]
        words.append(
            f"- {picture}: the painter takes {middle:.2f} times its bound; wanted is at most {wanted:.2f}: "
            f"{verdict(low, high, wanted)}.\n  The plain loop takes {plain:.2f} times as long as the painter. "
            f"Other processes kept {result['others']:.1f} cores busy."
        )
    header = ["picture", "forward and gradient", "seconds", "quartiles", "x bound", "quartiles"]
    return table(header, rows, words=2) + "\n\n" + "\n".join(words)


def verdict(low: float, high: float, wanted: float) -> str:
    """What two quartiles of the ratio allow to say."""
    if high <= wanted:
        return "reached"
    return "MISSED" if low > wanted else "undecided, the quartiles lie on both sides"


def growth(record: Record) -> str:
    """Seconds per megapixel at growing sizes."""
    rows = [
        [f"{each['width']} x {each['height']}", f"{median(each['seconds']):.3f}", f"{each['per_megapixel']:.2f}"]
        for each in record["growth"]
    ]
    return (
        table(["picture", "seconds", "a megapixel"], rows)
        + f"\n\nSeconds grow as the pixels to the power {record['growth_exponent']:.2f}; 1 is in proportion."
    )


def rivals(record: Record) -> str:
    """Seconds to another program's own result."""
    given, summary = record["rivals"], []
    for name, title in given["titles"].items():
        found = record[f"speedup_{name}"]
        times = [f"{found['median']:.1f}", spread(found["quartiles"], 1), f"{found['median_of_whole_runs']:.1f}"]
        summary.append([title, *times, f"{found['arrived']} of {len(found['pairs'])}"])
    rows = [
        [each["pair"], each["rival"], str(each["evaluations"]), f"{each['seconds']:.1f}", f"{each['needed']:.0%}",
         str(each["steps"]), f"{each['ours']:.1f}", f"{each['speedup']:.1f}" if each["arrived"] else "not there"]
        for each in record["races"]
    ]  # fmt: skip
    introduction = (
        "How many times sooner our painter arrives at the score of a rival's picture. Each rival is judged by what it\n"
        f"minimises itself, on pictures of {given['size']} pixels as a file holds them. All paint on the processor."
    )
    explanation = (
        "Our seconds hold everything but reading weights, a rival's only its loop. Needed: after which part of that\n"
        "it was as good as at its end for the first time; only this part counts, but for the column of whole runs.\n"
        "By default pastiche would take 1000 steps."
    )
    titles = ["rival", "times sooner", "quartiles", "whole runs", "ours arrived"]
    header = ["pair", "rival", "its evaluations", "its seconds", "needed", "our steps", "our seconds", "times sooner"]
    return "\n\n".join([introduction, table(titles, summary), table(header, rows, words=2), explanation])


def race(found: Record) -> str:
    """A line for one race, while others are still to come."""
    ours = f"ours {found['ours']:.1f} s" if found["arrived"] else f"ours not there in {found['ours']:.1f} s"
    return f"{found['pair']}: {found['rival']} {found['seconds']:.1f} s, needed {found['needed']:.0%} of it; {ours}"


def memory(record: Record) -> str:
    """Peak resident memory."""
    names = {size: size if size == "imports" else f"painting at {size} pixels" for size in record["memory_mb"]}
    return table(["process", "peak MB"], [[names[size], f"{peak:.0f}"] for size, peak in record["memory_mb"].items()])


def live(record: Record) -> str:
    """The live painter's answers."""
    rows = [
        [weights, size, f"{found['first_s']:.2f}", spread(found["quartiles"]["first_s"]),
         f"{found['per_second']:.1f}", spread(found["quartiles"]["per_second"], 1),
         f"{found['at_size']:.1f}", f"{found['cores']} / {found['threads']}"]
        for weights, sizes in record["live"].items() for size, found in sizes.items()
    ]  # fmt: skip
    header = [
        "weights",
        "pixels",
        "first s",
        "quartiles",
        "then a second",
        "quartiles",
        "at full size",
        "cores / threads",
    ]
    return (
        table(header, rows)
        + "\n\nSeconds from a move to the first changed picture, pictures a second in the two seconds"
        " after it, and at the full size,\nwhere the kernel hands them over; a browser is not among it."
    )


def precision(record: Record) -> str:
    """Half precision against float32."""
    measured = record["precision"]
    rows = [
        [kind, name, f"{median(each['painter']):.2f}", f"{median(each['bare']):.2f}", f"{each['ratio']:.2f}"]
        for kind, by_precision in measured["evaluations"].items()
        for name, each in by_precision.items()
    ]
    evaluations = table(["processor", "precision", "evaluation s", "convolutions s", "ratio"], rows, words=2)
    what = f"One evaluation at {measured['size']} pixels, and the bare convolutions in the same precision."
    steps = " and ".join(f"{seconds:.2f} s in {name}" for name, seconds in measured["training_s"].items())
    said = f"{what}\n\n{evaluations}\n\nA step of `course train` with Oxford's network as judge: {steps}."
    if not measured["pictures"]:
        return said + '\n\n`"auto"` is float32 on this machine, so no pictures were compared.'
    pairs = []
    for each in measured["pictures"]:
        (_, exact), (_, half) = each["seconds"].items()
        (_, exact_loss), (_, half_loss) = each["losses"].items()
        pairs.append(
            [each["pair"], f"{exact:.1f}", f"{half:.1f}", f"{exact / half:.1f}", f"{half_loss / exact_loss - 1:+.1%}"]
        )
    quickest = list(measured["pictures"][0]["seconds"])[1]
    header = ["pair", "float32 s", f"{quickest} s", "times as fast", "objective, by float32"]
    return f"{said}\n\n{table(header, pairs)}"


def painters(record: Record) -> str:
    """Painters that were trained once."""
    found = record["painters"]
    rows = [
        [each["painter"], str(each["size"]), f"{1000 * each['quartiles'][1]:.0f}",
         spread([1000 * seconds for seconds in each["quartiles"]], 0)]
        for each in found["pictures"]
    ]  # fmt: skip
    training = found["training_s"]
    words = [
        table(["painter", "pixels", "ms a picture", "quartiles"], rows),
        f"Pictures a second of the pad of chapter 8: {found['pad_a_second']:.1f}. A step of `course train`:\n"
        f"{training['slim']:.2f} s with the slim network as judge, {training['oxford']:.2f} s with Oxford's.",
    ]
    if found["style_medians"]:
        shares = [[who, f"{share:.2f}"] for who, share in found["style_medians"].items()]
        pairs = f"median of {len(found['styles'])} pairs"
        words.append(table(["style distance, as a share of the photo's", pairs], shares))
        words.append("By EfficientNet-Lite0, which none of them was trained with.")
    return "\n\n".join([*words, *found["missing"]])


def studio(record: Record) -> str:
    """A class that comes at once."""
    rows = [
        [effort, str(found["visitors"]),
         *(f"{found[f'{name}_s']:.0f}" for name in ("photos", "previews", "median", "most", "last")),
         f"{found['peak_mb']:.0f}"]
        for effort, found in record["studio"].items()
    ]  # fmt: skip
    header = ["effort", "visitors", "all photos s", "all previews s", "median s", "95 % s", "last s", "peak MB"]
    return (
        table(header, rows)
        + "\n\nVisitors who all come in the same second, each with a photo; seconds from the first request until the\n"
        "last of them had sent a photo and had all previews, and until the finished picture: median, 95 %, last.\n"
        "Memory is that of all processes of the studio."
    )


SECTIONS = {
    "evaluation": ("One evaluation against its bare convolutions", evaluation),
    "growth": ("One evaluation, with growing pictures", growth),
    "rivals": ("Sooner than others", rivals),
    "memory": ("Memory", memory),
    "live": ("The live painter", live),
    "precision": ("Half precision", precision),
    "painters": ("Painters that were trained once", painters),
    "studio": ("A class in the studio", studio),
}


def spread(quartiles: Sequence[float], digits: int = 2) -> str:
    """The first and the last of them: 0.90-1.10."""
    return f"{quartiles[0]:.{digits}f}-{quartiles[-1]:.{digits}f}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], words: int = 1) -> str:
    """A Markdown table whose columns stand below each other; the first `words` columns to the left, numbers right."""
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if column < words else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rule = ["-" * width if column < words else "-" * (width - 1) + ":" for column, width in enumerate(widths)]
    return "\n".join([line(header), line(rule), *map(line, rows)])
