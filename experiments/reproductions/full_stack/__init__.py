"""Study 4: do firms that own their chips suffer less from the controls?"""
