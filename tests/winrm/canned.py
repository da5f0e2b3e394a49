"""The emulation on a host with nothing installed and without wine: for many hosts at once. While there is a file at
HOLD, it does nothing."""

import os
import sys
import tempfile
import time

folder = os.environ["WINEPREFIX"] = tempfile.gettempdir()
import emulated  # noqa: E402 (it puts the emulation where it is found)
import wine  # noqa: E402

wine.products, wine.services = list, dict

if __name__ == "__main__":
    while os.path.exists(os.environ["HOLD"]):
        time.sleep(0.1)
    sys.exit(emulated.letter())
