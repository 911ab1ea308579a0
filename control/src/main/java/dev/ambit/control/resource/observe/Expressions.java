package dev.ambit.control.resource.observe;

import dev.ambit.control.resource.Fields;
import dev.cel.parser.CelParser;
import dev.cel.parser.CelParserFactory;
import dev.cel.parser.CelStandardMacro;

/// CEL, as far as it can be judged without knowing the proxy's attributes: its syntax.
final class Expressions {
    private static final CelParser PARSER =
            CelParserFactory.standardCelParserBuilder()
                    .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                    .build();

    private Expressions() {}

    /// @throws dev.ambit.control.resource.BadInput if the proxy could not even parse it
    static void require(Fields fields, String name, String expression) {
        var result = PARSER.parse(expression);
        if (result.hasError()) {
            var first = result.getErrors().getFirst();
            throw fields.bad(
                    name,
                    "'"
                            + expression
                            + "' is not CEL: "
                            + first.getMessage()
                            + " (expected: an expression such as response.code >= 400)");
        }
    }
}
