"""What all views of agents can tell: why the agent did what it did in the last quarter."""

from __future__ import annotations

from abm.explanation import Explanation, explain_agent
from abm.view import View


class Explained(View):
    """A view of an agent that explains itself."""

    def explain(self) -> Explanation:
        """The terms of its decisions in the last quarter run; `print` shows them, `as_dict()` has all of them.

        The quarter is run again from the state before it, which costs those who ask well under a second.

        Raises
        ------
        ExplainError
            Before the first quarter, and for a firm that does not exist yet.
        """
        return explain_agent(self.run, self.name)
