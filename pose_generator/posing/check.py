"""Says what is wrong with the pose library: `python -m pose_generator.posing.check [FILE...]`.

Prints one line for each fault, "file: entry: what", and ends with 1 when there is any; with file names only the
faults that name one of these files count.
"""

import argparse
import sys
from pathlib import Path

from pose_generator.posing import library


def main(arguments: list[str] | None = None) -> int:
    """Print the faults, return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m pose_generator.posing.check", description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE", help="library files to report on; all without any")
    parser.add_argument("--folder", type=Path, default=library.FOLDER, help="where the library lies")
    options = parser.parse_args(arguments)
    try:
        found, faults = library.inspect(options.folder)
    except library.BadLibrary as refusal:
        print(refusal)
        return 1
    names = [Path(file).name for file in options.files]
    told = [fault for fault in faults if not names or any(name in fault for name in names)]
    print("\n".join([*told, f"{len(found.poses)} poses read, {len(told)} faults"]))
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
