"""What the demo prints besides single lines: the progress, the receipt, and what to do next."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.table import Table
from rich.text import Text


class _ServerEta(ProgressColumn):
    """The server's own estimate: it knows how many others share the workers."""

    def render(self, task: Task) -> Text:
        seconds = task.fields.get("eta")
        return Text("" if task.finished else "ETA …" if seconds is None else f"ETA {seconds} s", style="cyan")


def progress_bar(console: Console) -> Progress:
    """Return the bar of one order; its task takes the fields `failed` and `eta` (seconds or None)."""
    columns: list[ProgressColumn] = [
        SpinnerColumn(finished_text="✓"),
        TextColumn("Painting"),
        BarColumn(bar_width=30),
        TextColumn("{task.completed:.0f}/{task.total:.0f}, {task.fields[failed]} failed"),
        _ServerEta(),
    ]
    return Progress(*columns, console=console)


def picture_line(pose: Mapping[str, Any], name: str, *, ended: int, total: int) -> str:
    """Return the line for one picture that ended."""
    what = f"{ended}/{total}  {name} {pose['variation']}"
    if pose["status"] != "completed":
        return f"  ✗ {what}: {pose['errorMessage']}"
    return f"  ✓ {what}, {pose['generationTime'] or 0:.1f} s"


def quote_lines(quote: Mapping[str, Any]) -> list[str]:
    """Return what a quote says: price, time, who paints, and a line for each warning."""
    backend, background = quote["backend"], quote["backgroundCredits"]
    sum_of = f"{quote['poses']} x {quote['creditsPerPose']}" + (
        f" + {background} for the background" if background else ""
    )
    return [
        f"Quote: {sum_of} = {quote['total']} of {quote['balance']} credits, about {quote['estimatedSeconds']} s.",
        f"  Painted by {backend['name']}: {backend['label']}.",
        *(f"  Note: {warning['message']}" for warning in quote["warnings"]),
    ]


def receipt_table(receipt: Mapping[str, Any]) -> Table:
    """Return the receipt, a row for each picture and the sums below."""
    returned = receipt["released"] + receipt["refunded"]
    sums = f"held {receipt['held']} = paid {receipt['captured']} + given back {returned}"
    table = Table(title="Receipt in credits", caption=sums, show_footer=True)
    table.add_column("#", justify="right")
    table.add_column("Pose", footer="Sum")
    table.add_column("Outcome")
    table.add_column("Price", justify="right", footer=str(sum(line["price"] for line in receipt["poses"])))
    table.add_column("Paid", justify="right", footer=str(receipt["captured"]))
    table.add_column("Back", justify="right", footer=str(returned))
    table.add_column("Tries", justify="right")
    table.add_column("Backend")
    for line in receipt["poses"]:
        numbers = [str(line[name]) for name in ("price", "captured", "givenBack", "attempts")]
        table.add_row(str(line["number"] + 1), line["name"], line["status"], *numbers, line["backend"] or "–")
    return table


def next_steps(pictures: list[Path], *, backend: str, seconds: float) -> str:
    """Return the last words: where the pictures are, what it took, and how to go on."""
    photos = "For photos, use your own key: HUGGINGFACE_API_KEY=hf_... make demo (your provider bills you)."
    return "\n".join(
        [
            "",
            f"{len(pictures)} pictures in {pictures[0].parent}:",
            *(f"  {picture.name}" for picture in pictures),
            "",
            f"All sums match. Took {seconds:.1f} s; everything is stopped.",
            "Next: make run keeps the studio at http://localhost:4000 and prints two accounts to log in with.",
            *([photos] if backend == "preview" else []),
        ]
    )
