package dev.ambit.e2e.redirect;

/// What the tables and chains are called. The names do not change what the rules do; two sets of
/// names let two meshes be told apart in one pod during a migration.
///
/// @param tables prefix of the table names: `ambit` gives `ambit-nat`
/// @param chains prefix of the chains that the hooks jump to
public record Names(String tables, String chains) {
    /// Ours.
    public static final Names AMBIT = new Names("ambit", "ambit");

    /// The names that Istio's node agent uses, for tools that look for them.
    public static final Names ISTIO = new Names("istio-ambient", "istio");

    public Names {
        require(tables);
        require(chains);
    }

    private static void require(String prefix) {
        if (!prefix.matches("[a-z][a-z0-9-]{0,15}")) {
            throw new IllegalArgumentException(
                    "name prefix: '" + prefix + "' (expected: a-z, 0-9 and -, 1 to 16 characters)");
        }
    }
}
