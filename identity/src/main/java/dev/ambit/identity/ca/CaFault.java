package dev.ambit.identity.ca;

/// The certificate authority gave no certificate that could be used.
public final class CaFault extends Exception {
    private static final long serialVersionUID = 1;

    public enum Kind {
        /// It does not know us: no token, or one that it does not accept, such as an expired one.
        UNAUTHENTICATED,
        /// It knows us and refuses this identity.
        REFUSED,
        UNAVAILABLE,
        /// It answered something that is no certificate for what was asked.
        BAD_ANSWER,
        /// Our own doing: a token or root file that can't be read.
        LOCAL
    }

    private final Kind kind;

    public CaFault(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }

    public String text() {
        return String.valueOf(getMessage());
    }
}
