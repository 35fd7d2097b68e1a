"""Study 24: how much of what the controls do is China's state, or firms, answering them?"""
