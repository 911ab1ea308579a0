package dev.ambit.waypoint.xds.match;

import com.google.re2j.PatternSyntaxException;
import dev.ambit.waypoint.match.Ascii;
import dev.ambit.waypoint.match.Fraction;
import dev.ambit.waypoint.match.HeaderMatch;
import dev.ambit.waypoint.match.MetadataMatch;
import dev.ambit.waypoint.match.QueryMatch;
import dev.ambit.waypoint.match.Regexes;
import dev.ambit.waypoint.match.TextMatch;
import dev.ambit.waypoint.match.ValueMatch;
import dev.ambit.waypoint.xds.Refused;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.type.matcher.v3.DoubleMatcher;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ValueMatcher;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import java.util.ArrayList;
import java.util.List;

/// Conditions that routes, policies and filters share.
public final class Matchers {
    private Matchers() {}

    /// For what comes in headers and paths, whose texts are octets.
    public static TextMatch header(StringMatcher matcher) throws Refused {
        return compile(matcher, true);
    }

    /// For what is text already: claims of a token, identities.
    public static TextMatch text(StringMatcher matcher) throws Refused {
        return compile(matcher, false);
    }

    public static TextMatch regex(RegexMatcher matcher) throws Refused {
        return regex(Ascii.octets(matcher.getRegex()));
    }

    private static TextMatch regex(String regex) throws Refused {
        try {
            return Regexes.compile(regex);
        } catch (PatternSyntaxException e) {
            throw new Refused("regex", regex, "a pattern of RE2; " + e.getDescription());
        }
    }

    private static TextMatch compile(StringMatcher matcher, boolean octets) throws Refused {
        boolean fold = matcher.getIgnoreCase();
        return switch (matcher.getMatchPatternCase()) {
            case EXACT -> {
                var value = value(matcher.getExact(), octets);
                yield fold
                        ? folded(TextMatch.Folded.Kind.EXACT, value)
                        : new TextMatch.Exact(value);
            }
            case PREFIX -> {
                var value = value(matcher.getPrefix(), octets);
                yield fold
                        ? folded(TextMatch.Folded.Kind.PREFIX, value)
                        : new TextMatch.Prefix(value);
            }
            case SUFFIX -> {
                var value = value(matcher.getSuffix(), octets);
                yield fold
                        ? folded(TextMatch.Folded.Kind.SUFFIX, value)
                        : new TextMatch.Suffix(value);
            }
            case CONTAINS -> {
                var value = value(matcher.getContains(), octets);
                yield fold
                        ? folded(TextMatch.Folded.Kind.CONTAINS, value)
                        : new TextMatch.Contains(value);
            }
            case SAFE_REGEX -> {
                if (fold) {
                    throw new Refused(
                            "ignore_case", "true", "false with a regex; write (?i) into it");
                }
                yield regex(value(matcher.getSafeRegex().getRegex(), octets));
            }
            case CUSTOM, MATCHPATTERN_NOT_SET ->
                    throw new Refused(
                            "match_pattern",
                            matcher.getMatchPatternCase().toString(),
                            "exact, prefix, suffix, contains or safe_regex");
        };
    }

    private static TextMatch folded(TextMatch.Folded.Kind kind, String value) {
        return new TextMatch.Folded(kind, value);
    }

    private static String value(String text, boolean octets) {
        return octets ? Ascii.octets(text) : text;
    }

    public static List<HeaderMatch> headers(List<HeaderMatcher> matchers) throws Refused {
        var compiled = new ArrayList<HeaderMatch>(matchers.size());
        for (var matcher : matchers) {
            compiled.add(header(matcher));
        }
        return List.copyOf(compiled);
    }

    public static HeaderMatch header(HeaderMatcher matcher) throws Refused {
        if (matcher.getName().isEmpty()) {
            throw new Refused("headers.name", "", "a name");
        }
        try {
            return new HeaderMatch(
                    Ascii.lower(matcher.getName()),
                    test(matcher),
                    matcher.getInvertMatch(),
                    matcher.getTreatMissingHeaderAsEmpty());
        } catch (Refused e) {
            throw e.in("headers[" + matcher.getName() + "]");
        }
    }

    @SuppressWarnings("deprecation") // Older control planes send the fields before string_match.
    private static HeaderMatch.Test test(HeaderMatcher matcher) throws Refused {
        return switch (matcher.getHeaderMatchSpecifierCase()) {
            case STRING_MATCH -> new HeaderMatch.Test.Text(header(matcher.getStringMatch()));
            case EXACT_MATCH ->
                    matcher.getExactMatch().isEmpty()
                            ? new HeaderMatch.Test.Text(new TextMatch.Prefix(""))
                            : text(new TextMatch.Exact(Ascii.octets(matcher.getExactMatch())));
            case SAFE_REGEX_MATCH -> text(regex(matcher.getSafeRegexMatch()));
            case PREFIX_MATCH -> text(new TextMatch.Prefix(Ascii.octets(matcher.getPrefixMatch())));
            case SUFFIX_MATCH -> text(new TextMatch.Suffix(Ascii.octets(matcher.getSuffixMatch())));
            case CONTAINS_MATCH ->
                    text(new TextMatch.Contains(Ascii.octets(matcher.getContainsMatch())));
            case RANGE_MATCH ->
                    new HeaderMatch.Test.Range(
                            matcher.getRangeMatch().getStart(), matcher.getRangeMatch().getEnd());
            case PRESENT_MATCH -> new HeaderMatch.Test.Present(matcher.getPresentMatch());
            case HEADERMATCHSPECIFIER_NOT_SET -> new HeaderMatch.Test.Present(true);
        };
    }

    private static HeaderMatch.Test text(TextMatch match) {
        return new HeaderMatch.Test.Text(match);
    }

    public static QueryMatch query(QueryParameterMatcher matcher) throws Refused {
        var name = Ascii.octets(matcher.getName());
        return switch (matcher.getQueryParameterMatchSpecifierCase()) {
            case STRING_MATCH -> new QueryMatch(name, header(matcher.getStringMatch()), true);
            case PRESENT_MATCH -> new QueryMatch(name, null, matcher.getPresentMatch());
            case QUERYPARAMETERMATCHSPECIFIER_NOT_SET -> new QueryMatch(name, null, true);
        };
    }

    public static MetadataMatch metadata(MetadataMatcher matcher) throws Refused {
        var path = new ArrayList<String>();
        for (var segment : matcher.getPathList()) {
            path.add(segment.getKey());
        }
        if (path.isEmpty() || !matcher.hasValue()) {
            throw new Refused("dynamic_metadata", matcher.getFilter(), "with a path and a value");
        }
        return new MetadataMatch(
                matcher.getFilter(),
                List.copyOf(path),
                value(matcher.getValue()),
                matcher.getInvert());
    }

    public static ValueMatch value(ValueMatcher matcher) throws Refused {
        return switch (matcher.getMatchPatternCase()) {
            case NULL_MATCH -> new ValueMatch.Null();
            case DOUBLE_MATCH -> number(matcher.getDoubleMatch());
            case STRING_MATCH -> new ValueMatch.Text(text(matcher.getStringMatch()));
            case BOOL_MATCH -> new ValueMatch.Bool(matcher.getBoolMatch());
            case PRESENT_MATCH -> new ValueMatch.Present(matcher.getPresentMatch());
            case LIST_MATCH -> new ValueMatch.OneOfList(value(matcher.getListMatch().getOneOf()));
            case OR_MATCH -> {
                var any = new ArrayList<ValueMatch>();
                for (var each : matcher.getOrMatch().getValueMatchersList()) {
                    any.add(value(each));
                }
                yield new ValueMatch.AnyOf(List.copyOf(any));
            }
            case MATCHPATTERN_NOT_SET ->
                    throw new Refused("value.match_pattern", "", "a condition");
        };
    }

    private static ValueMatch number(DoubleMatcher matcher) throws Refused {
        return switch (matcher.getMatchPatternCase()) {
            case RANGE ->
                    new ValueMatch.Number(
                            matcher.getRange().getStart(), matcher.getRange().getEnd());
            case EXACT -> new ValueMatch.Number(matcher.getExact(), matcher.getExact());
            case MATCHPATTERN_NOT_SET -> throw new Refused("double_match", "", "range or exact");
        };
    }

    public static Fraction fraction(RuntimeFractionalPercent percent) {
        return fraction(percent.getDefaultValue());
    }

    public static Fraction fraction(FractionalPercent percent) {
        long denominator =
                switch (percent.getDenominator()) {
                    case HUNDRED, UNRECOGNIZED -> 100;
                    case TEN_THOUSAND -> 10_000;
                    case MILLION -> 1_000_000;
                };
        return new Fraction(Integer.toUnsignedLong(percent.getNumerator()), denominator);
    }
}
