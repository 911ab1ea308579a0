package dev.ambit.control.resource;

/// Ends the reading of one resource; becomes a {@link Problem}, never leaves this package.
final class BadInput extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    BadInput(Problem problem) {
        super(problem.toString(), null, false, false);
        this.problem = problem;
    }

    Problem problem() {
        return problem;
    }
}
