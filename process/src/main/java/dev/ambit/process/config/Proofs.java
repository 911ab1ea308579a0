package dev.ambit.process.config;

import dev.ambit.identity.ca.BearerToken;
import dev.ambit.identity.ca.RootCertificates;
import java.nio.file.Files;
import java.nio.file.Path;

/// By what the control plane is known, and by what it knows this process.
public final class Proofs {
    private Proofs() {}

    /// A file where there is one, else `SYSTEM`, else the certificates themselves.
    ///
    /// @param fallback where the variable is not set
    public static RootCertificates roots(Environment env, Named name, String fallback) {
        var text = env.text(name, fallback);
        if (text.equals("SYSTEM")) {
            return new RootCertificates.OfTheSystem();
        }
        if (text.contains("-----BEGIN")) {
            return new RootCertificates.Inline(text);
        }
        if (text.isEmpty()) {
            throw Environment.fault(name, text, "a file, SYSTEM, or certificates as PEM text");
        }
        // It may come into being later: it is looked at with each connection.
        return new RootCertificates.File(Path.of(text));
    }

    /// @param fallback where the variable is not set, if the file is there
    public static BearerToken.Source token(Environment env, Named name, Path fallback) {
        var said = env.text(name);
        if (said.isEmpty()) {
            return Files.exists(fallback)
                    ? new BearerToken.Source.File(fallback)
                    : new BearerToken.Source.None();
        }
        var text = said.get();
        if (text.isEmpty()) {
            return new BearerToken.Source.None();
        }
        // A path that is not there yet is still a path; a token has dots, but no slash.
        return text.contains("/") || Files.exists(Path.of(text))
                ? new BearerToken.Source.File(Path.of(text))
                : new BearerToken.Source.Literal(text);
    }
}
