"""The routes."""

from django.urls import path

from benchmarks.plain.cart_views import AddView, CartView
from benchmarks.plain.catalog import ProductListView, ProductView
from benchmarks.plain.orders import OrdersView

urlpatterns = [
    path("api/products/", ProductListView.as_view()),
    path("api/products/<slug:slug>/", ProductView.as_view()),
    path("api/cart/", CartView.as_view()),
    path("api/cart/add/", AddView.as_view()),
    path("api/orders/create/", OrdersView.as_view()),
]
