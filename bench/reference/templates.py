"""Templates as the documentation of Django teaches them: a partial per row, filters, tags."""

BASE = """{% load i18n static %}<!DOCTYPE html>
<html lang="id"><head><meta charset="utf-8"><title>{% block title %}{% endblock %}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="{% static "css/rembuk.css" %}">
<script src="{% static "js/site.js" %}" type="module"></script></head>
<body><header class="site-header"><nav>
<a href="{% url "thread" 1 %}">{% translate "Consultations" %}</a>
<a href="{% url "thread" 1 %}">{% translate "Agencies" %}</a>
<a href="{% url "thread" 1 %}">{% translate "Help" %}</a></nav>
{% if user.is_authenticated %}<p>{{ user.pseudonym }}</p>
<form method="post" action="{% url "opinion" 1 %}">{% csrf_token %}
<button>{% translate "Sign out" %}</button></form>
{% else %}<a href="{% url "thread" 1 %}">{% translate "Sign in" %}</a>{% endif %}</header>
{% for message in messages %}<p class="{{ message.tags }}">{{ message }}</p>{% endfor %}
<main>{% block content %}{% endblock %}</main>
<footer><p>{% translate "Help" %}</p></footer></body></html>"""

THREAD = """{% extends "base.html" %}{% load i18n %}
{% block title %}{{ thread.subject }}{% endblock %}
{% block content %}
<h1>{{ thread.subject }}</h1>
<p>{{ thread.consultation.agency.name }} · {{ page.paginator.count }} {% translate "Comments" %}</p>
{% if user.is_authenticated %}
<form method="post">{% csrf_token %}
<label for="body">{% translate "Comment" %}</label><textarea id="body" name="body"></textarea>
<button>{% translate "Send comment" %}</button></form>
{% endif %}
<ol>{% for comment in page %}{% include "comment.html" %}{% endfor %}</ol>
{% if page.has_next %}
<a href="?page={{ page.next_page_number }}">{% translate "Older comments" %}</a>{% endif %}
<section><h2>{{ thread.consultation.title }}</h2><p>{{ thread.consultation.question }}</p></section>
{% endblock %}"""

COMMENT = """{% load i18n %}<li id="comment-{{ comment.pk }}" class="comment">
<h3>{{ comment.author.pseudonym }}</h3>
<a href="{% url "comment" comment.pk %}">{{ comment.posted_at|date:"j F Y H.i" }}</a>
{% if comment.state == "hidden" %}<p>{% translate "Hidden" %}</p>{% else %}
<div class="body">{{ comment.body|linebreaks }}</div>
<form method="post" action="{% url "opinion" comment.pk %}">{% if user.is_authenticated %}
{% csrf_token %}{% endif %}
<button name="value" value="1"{% if comment.own == 1 %} aria-pressed="true"{% endif %}>
{% translate "Agree" context "opinion" %} {{ comment.agree_count }}</button>
<button name="value" value="-1"{% if comment.own == -1 %} aria-pressed="true"{% endif %}>
{% translate "Disagree" context "opinion" %} {{ comment.disagree_count }}</button>
<button name="value" value="0"{% if comment.own == 0 %} aria-pressed="true"{% endif %}>
{% translate "Pass" context "opinion" %} {{ comment.pass_count }}</button></form>
<p><a href="{% url "comment" comment.pk %}">
{% translate "Reply" context "verb" %}</a>
{% if comment.author.person_id == user.pk %}
<a href="{% url "comment" comment.pk %}">{% translate "Edit" context "verb" %}</a>{% endif %}</p>
{% endif %}</li>"""

TEMPLATES_BY_NAME = {"base.html": BASE, "thread.html": THREAD, "comment.html": COMMENT}
