"""Study 23: the model's rules on two other export controls, Japan and Korea 2019, China and Japan 2010."""
