"""Study 20: is the worst outcome confined to a box of parameters that can be named?"""
