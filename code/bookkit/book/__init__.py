"""What a book is: where its parts lie, its pages as they are written, and what they say."""
