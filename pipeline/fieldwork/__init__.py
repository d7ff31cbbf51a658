"""Before fieldwork: the questionnaire for a survey tool or on paper, and the workbook that answers come back in."""
