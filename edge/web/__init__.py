"""The box's own web pages: lane screens and, mounted by the agent, what cameras push."""
