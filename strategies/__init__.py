"""Strategies to start from: `python run.py --strategy strategies.cautious:Cautious`."""
