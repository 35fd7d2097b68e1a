"""Study 10: is there a best threshold strictly between the tightest and the loosest?"""
