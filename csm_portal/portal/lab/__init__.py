"""The definition lab: published definitions in words, drafts in forms and as text, previews on the real book."""
