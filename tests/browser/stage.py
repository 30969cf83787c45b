"""A whole paper house with a position that has bought and sold, served to a browser; its market moves when told to."""

from pathlib import Path

from commands.drive import drive
from tests.chaos.houses import books_of, drive_until_held, house_of

SLOTS = 280
"""After the entry: two minutes in which some is sold at a profit and more is bought."""


class Stage:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.house = house_of(folder, served=True)
        self.mint = drive_until_held(self.house).mint
        drive(self.house, SLOTS)
        assert books_of(self.house).operation_of(self.mint) is not None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.house.settings.runtime.monitor_port}/"

    def token(self) -> str:
        return (self.folder / "api-token").read_text().strip()

    def go_on(self, slots: int) -> None:
        drive(self.house, slots)

    def sold(self, slots: int) -> bool:
        """Let so many slots pass at most; whether the position is closed."""
        for _ in range(slots):
            if books_of(self.house).operation_of(self.mint) is None:
                return True
            drive(self.house, 1)
        return False

    def close(self) -> None:
        self.house.stop()
