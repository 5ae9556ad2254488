"""What a user is told, in one line, instead of a traceback."""


class WaysideError(Exception):
    """A mistake or a mishap that the user can act on; its text is one complete line."""


class ScenarioError(WaysideError):
    """The scenario is wrong: names the file, the field's whole path, the value seen and what is allowed."""


class SumoError(WaysideError):
    """SUMO refused or broke off; carries SUMO's own words."""


class OutputError(WaysideError):
    """The run's directory cannot be written, or holds something that must not be lost."""
