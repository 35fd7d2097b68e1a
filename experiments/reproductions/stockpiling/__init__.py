"""Study 1: does stockpiling cushion the controls, and for how long?"""
