"""Study 19: what the model, fitted to 2023, would have said of 2024, beside naive forecasts."""
