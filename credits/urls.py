"""Addresses below /api/credits/."""

from django.urls import path

from credits import views

urlpatterns = [
    path("balance", views.BalanceView.as_view()),
    path("history", views.HistoryView.as_view()),
    path("history.csv", views.HistoryFileView.as_view()),
    path("statement", views.StatementView.as_view()),
]
