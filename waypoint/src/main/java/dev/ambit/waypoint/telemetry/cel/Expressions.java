package dev.ambit.waypoint.telemetry.cel;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.telemetry.TelemetryLimits;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Compiles expressions over Envoy's attributes. One that only names an attribute, as most do, is
/// looked up without an interpreter.
public final class Expressions {
    /// Of loops such as `exists`.
    private static final int MOST_STEPS = 1_000;

    private static final CelOptions OPTIONS =
            CelOptions.current().comprehensionMaxIterations(MOST_STEPS).build();
    private static final CelCompiler COMPILER = compiler();
    private static final CelRuntime RUNTIME =
            CelRuntimeFactory.standardCelRuntimeBuilder().setOptions(OPTIONS).build();
    private static final int MOST_CHARS = TelemetryLimits.defaults().expressionChars();

    private Expressions() {}

    /// An expression that is none, or too large.
    public static final class ExpressionFault extends Exception {
        private static final long serialVersionUID = 1;

        ExpressionFault(String message) {
            super(message);
        }

        public String text() {
            return String.valueOf(getMessage());
        }
    }

    private static CelCompiler compiler() {
        var builder =
                CelCompilerFactory.standardCelCompilerBuilder()
                        .setOptions(OPTIONS)
                        .setStandardMacros(CelStandardMacro.STANDARD_MACROS);
        for (var root : Attributes.ROOTS) {
            builder.addVar(root, SimpleType.DYN);
        }
        return builder.build();
    }

    public static Expression compile(String text, ExpressionContext context)
            throws ExpressionFault {
        if (text.length() > MOST_CHARS) {
            throw new ExpressionFault(
                    "an expression of "
                            + text.length()
                            + " characters (expected: at most "
                            + MOST_CHARS
                            + ")");
        }
        var attributes = new Attributes(context);
        var simple = simple(text.strip());
        if (simple != null) {
            var root = simple.getFirst();
            var name = simple.getLast();
            return new Expression(info -> attributes.get(root, name, info));
        }
        try {
            var parsed = COMPILER.parse(text).getAst();
            var checked = COMPILER.check(parsed);
            if (checked.hasError()) {
                // Envoy takes any expression of the right syntax; what it can't work out is an
                // error at each exchange.
                return new Expression(_ -> null);
            }
            var program = RUNTIME.createProgram(checked.getAst());
            return new Expression(info -> evaluate(program, attributes, info));
        } catch (CelValidationException | CelEvaluationException wrong) {
            throw new ExpressionFault("'" + text + "': " + wrong.getMessage());
        }
    }

    private static @Nullable Object evaluate(
            CelRuntime.Program program, Attributes attributes, StreamInfo info) {
        try {
            return program.eval(name ->
                    Attributes.ROOTS.contains(name)
                            ? Optional.of(new AttributeMap(attributes, name, info))
                            : Optional.empty());
        } catch (CelEvaluationException missing) {
            return null;
        }
    }

    /// Root and attribute of an expression such as `request.host`; null for any other.
    private static @Nullable List<String> simple(String text) {
        int dot = text.indexOf('.');
        if (dot < 0) {
            return null;
        }
        var root = text.substring(0, dot);
        var name = text.substring(dot + 1);
        return Attributes.names(root).contains(name)
                        || root.endsWith("_peer")
                                && name.matches("[a-z_]+")
                                && Attributes.ROOTS.contains(root)
                ? List.of(root, name)
                : null;
    }
}
