"""Where the laptop cloud keeps its things. Every path of `.leadspine` is named here and nowhere else."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

HOME_VARIABLE = "LEADSPINE_HOME"
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Home:
    """One laptop cloud's folder. Two folders are two clouds that know nothing of each other."""

    root: Path

    @property
    def endpoints(self) -> Path:
        """Base URLs and the token, for people and for tests."""
        return self.root / "endpoints.json"

    @property
    def secrets(self) -> Path:
        """Secrets that this cloud invented at its first start."""
        return self.root / "secrets.json"

    @property
    def deployed(self) -> Path:
        """What is deployed: hash of the template and its assets, and the stack's outputs."""
        return self.root / "deployed.json"

    @property
    def clock(self) -> Path:
        """The offset of the whole cloud's time, in milliseconds."""
        return self.root / "clock"

    @property
    def logs(self) -> Path:
        """Logs of the engine, of the supervisor and of every function."""
        return self.root / "logs"

    @property
    def engine(self) -> Path:
        """The engine's durable state: checkpoints, journals, objects."""
        return self.root / "engine"

    @property
    def ports(self) -> Path:
        """Ports of the running engine."""
        return self.root / "engine.json"

    @property
    def temporary(self) -> Path:
        """Unpacked functions; emptied at every start, so that killed processes leave nothing behind."""
        return self.root / "tmp"

    @property
    def engine_pid(self) -> Path:
        """Process file of the engine."""
        return self.root / "engine.pid"

    @property
    def supervisor_pid(self) -> Path:
        """Process file of the supervisor."""
        return self.root / "supervisor.pid"

    @property
    def site_ports(self) -> Path:
        """Ports of the simulators and of the mailbox; kept over restarts."""
        return self.root / "sites.json"

    def site_pid(self, name: str) -> Path:
        """Process file of a simulator or of the mailbox."""
        return self.root / f"{name}.pid"

    @property
    def mail(self) -> Path:
        """Every mail that was sent: one JSON line each."""
        return self.root / "mail.jsonl"

    @property
    def demos(self) -> Path:
        """When each demonstration was played first: playing it again repeats the same instants."""
        return self.root / "demos.json"

    @property
    def lock(self) -> Path:
        """Held while a command changes the cloud."""
        return self.root / "lock"

    def prepare(self) -> None:
        """Make the folders; owners only, because raw payloads are in here."""
        for folder in (self.root, self.logs, self.engine, self.temporary):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def find_home() -> Home:
    """The folder of `LEADSPINE_HOME`, or `.leadspine` in the repository, from any working directory."""
    chosen = os.environ.get(HOME_VARIABLE)
    return Home(Path(chosen).expanduser().resolve() if chosen else REPOSITORY / ".leadspine")


def write_atomically(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Replace a file in one step, so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
            file.write(text)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
