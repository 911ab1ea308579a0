package dev.ambit.mesh.policy;

/// The right to dial an application for a peer. Only policy makes one (`Authorizer`), so code that
/// dials can't be reached without a check.
public final class Permit {
    private final ConnectionFacts facts;

    Permit(ConnectionFacts facts) {
        this.facts = facts;
    }

    /// What was judged.
    public ConnectionFacts facts() {
        return facts;
    }
}
