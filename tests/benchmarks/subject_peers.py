"""What others give for the same documents: scikit-learn's usual two, and the commonest subject for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from services.classifier.evaluation import Answer, macro_f1
from shared.events import Document

Predictions = Callable[[Sequence[str], Sequence[str], Sequence[str]], Sequence[str]]


def measured(train: Sequence[Document], judged: Sequence[Document], points: Sequence[int]) -> dict[str, Any]:
    """Each peer's accuracy and macro-F1 after so many labels."""
    peers: dict[str, Predictions] = {"tfidf_linear_svc": linear_svc, "sgd_partial_fit": sgd, "majority": majority}
    return {name: [point(predict, train[:count], judged) for count in points] for name, predict in peers.items()}


def point(predict: Predictions, train: Sequence[Document], judged: Sequence[Document]) -> dict[str, Any]:
    """One peer after learning from `train`."""
    truths = [str(document.subject) for document in judged]
    said = predict(texts(train), [str(document.subject) for document in train], texts(judged))
    answers = [Answer(truth, (answer,), 1.0) for truth, answer in zip(truths, said, strict=True)]
    right = sum(answer.right for answer in answers) / len(answers)
    return {"labels": len(train), "accuracy": round(right, 4), "macro_f1": round(macro_f1(answers), 4)}


def texts(documents: Sequence[Document]) -> list[str]:
    """Title and text."""
    return [f"{document.title}\n{document.text}" for document in documents]


def linear_svc(train: Sequence[str], labels: Sequence[str], judged: Sequence[str]) -> Sequence[str]:
    """TF-IDF of words and phrases, and a linear SVM: the best of the usual methods, from all documents at once."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - only who asks for the peers waits for it
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, max_features=60_000)
    fitted = LinearSVC(C=0.3).fit(vectorizer.fit_transform(train), labels)
    return [str(label) for label in fitted.predict(vectorizer.transform(judged))]


def sgd(train: Sequence[str], labels: Sequence[str], judged: Sequence[str]) -> Sequence[str]:
    """Hashed words and phrases, and stochastic gradient descent one batch at a time: the usual online method."""
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415
    from sklearn.linear_model import SGDClassifier  # noqa: PLC0415

    vectorizer = HashingVectorizer(n_features=2**18, ngram_range=(1, 2), alternate_sign=False)
    learner = SGDClassifier(alpha=1e-4, random_state=0)
    for start in range(0, len(train), 100):
        batch = slice(start, start + 100)
        learner.partial_fit(vectorizer.transform(train[batch]), labels[batch], classes=sorted(set(labels)))
    return [str(label) for label in learner.predict(vectorizer.transform(judged))]


def majority(_: Sequence[str], labels: Sequence[str], judged: Sequence[str]) -> Sequence[str]:
    """The commonest subject for everything."""
    ((commonest, _count),) = Counter(labels).most_common(1)
    return [commonest] * len(judged)
