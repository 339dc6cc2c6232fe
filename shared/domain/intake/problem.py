"""An error with a stable code, fit to be shown to whoever caused it."""


class Problem(Exception):
    """Bad input. ``code`` is stable (``INTAKE.BAD_SIGNATURE``), ``status`` the HTTP status, ``detail`` says what to do.

    ``detail`` never repeats the input: it may be shown, logged and stored.
    """

    def __init__(self, code: str, *, status: int, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.detail = detail
