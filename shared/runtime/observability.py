"""Logging and metrics of every function that is not a door. Nobody else creates a Logger or Metrics."""

from aws_lambda_powertools import Logger, Metrics

logger = Logger(service="leadspine", log_uncaught_exceptions=False)
metrics = Metrics(namespace="Leadspine", service="leadspine")
