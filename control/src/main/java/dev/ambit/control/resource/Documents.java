package dev.ambit.control.resource;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.parser.Parser;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/// YAML text to node trees, within limits. Merge keys (`<<`) are understood, as by Kubernetes.
final class Documents {
    private static final long UNFINISHED = -1;

    /// More than any document may have, far from where a long would overflow.
    private static final long ENDLESS = 1L << 40;

    private Documents() {}

    /// Empty documents are left out.
    ///
    /// @throws BadInput for the file as a whole
    static List<Node> parse(String file, String text, YamlLimits limits) {
        var settings =
                LoadSettings.builder()
                        .setLabel(file)
                        .setMaxAliasesForCollections(limits.aliases())
                        .setCodePointLimit(limits.fileBytes())
                        .setSchema(new CoreSchema())
                        .build();
        var documents = new ArrayList<Node>();
        try {
            var parser = new ParserImpl(settings, new StreamReader(settings, text));
            var composer = new Composer(settings, new DepthLimit(parser, file, limits.depth()));
            while (composer.hasNext()) {
                var node = composer.next();
                if (!node.getTag().equals(Tag.NULL)) {
                    requireBounded(file, node, limits.expansion());
                    documents.add(node);
                }
                if (documents.size() > limits.documents()) {
                    throw broken(file, 0, "more than " + limits.documents() + " documents");
                }
            }
        } catch (MarkedYamlEngineException e) {
            int line = e.getProblemMark().map(m -> m.getLine() + 1).orElse(0);
            throw broken(file, line, "not YAML: " + reason(e));
        } catch (YamlEngineException e) {
            throw broken(file, 0, "not acceptable YAML: " + e.getMessage());
        }
        return documents;
    }

    /// Few aliases are enough for a document that is small and, read value by value, has no end:
    /// each list of two aliases of the one before doubles it.
    private static void requireBounded(String file, Node document, int limit) {
        var sizes = new IdentityHashMap<Node, Long>();
        long whole = size(file, document, sizes);
        long written = sizes.size();
        if (whole - written > limit) {
            throw broken(
                    file,
                    line(document),
                    "aliases stand for more than " + limit + " values (expected: fewer)");
        }
    }

    /// Counts as often as it would be met. The depth is bounded: that of what is written, for each
    /// alias.
    private static long size(String file, Node node, Map<Node, Long> sizes) {
        var known = sizes.get(node);
        if (known != null) {
            if (known == UNFINISHED) {
                throw broken(file, line(node), "a value that contains itself (expected: an end)");
            }
            return known;
        }
        sizes.put(node, UNFINISHED);
        long size = 1;
        switch (node) {
            case MappingNode mapping -> {
                for (var tuple : mapping.getValue()) {
                    size += size(file, tuple.getKeyNode(), sizes);
                    size += size(file, tuple.getValueNode(), sizes);
                    size = Math.min(size, ENDLESS);
                }
            }
            case SequenceNode sequence -> {
                for (var item : sequence.getValue()) {
                    size = Math.min(size + size(file, item, sizes), ENDLESS);
                }
            }
            // snakeyaml's Node is not sealed; the rest has no parts.
            default -> {}
        }
        sizes.put(node, size);
        return size;
    }

    private static int line(Node node) {
        return node.getStartMark().map(m -> m.getLine() + 1).orElse(0);
    }

    /// Looks through one document for keys that appear twice. Aliased parts are looked at once.
    ///
    /// @throws BadInput at the first one
    static void requireUniqueKeys(Node document, Fields.Where where) {
        Set<Node> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        var open = new ArrayList<Node>(List.of(document));
        while (!open.isEmpty()) {
            var node = open.removeLast();
            if (!seen.add(node)) {
                continue;
            }
            switch (node) {
                case MappingNode mapping -> {
                    requireUniqueKeys(mapping, where);
                    mapping.getValue().forEach(t -> open.add(t.getValueNode()));
                }
                case SequenceNode sequence -> open.addAll(sequence.getValue());
                // snakeyaml's Node is not sealed; the rest has no keys.
                default -> {}
            }
        }
    }

    private static void requireUniqueKeys(MappingNode mapping, Fields.Where where) {
        var keys = new HashSet<String>();
        for (var tuple : mapping.getValue()) {
            if (tuple.getKeyNode() instanceof ScalarNode key) {
                if (!keys.add(key.getValue())) {
                    throw new BadInput(
                            Problem.error(
                                    where.at(key),
                                    where.resource(),
                                    key.getValue(),
                                    "key appears twice (expected: each key once)"));
                }
            }
        }
    }

    private static String reason(MarkedYamlEngineException e) {
        var context = e.getContext() == null ? "" : e.getContext() + ", ";
        return context + e.getProblem();
    }

    private static BadInput broken(String file, int line, String message) {
        return new BadInput(Problem.error(new Origin(file, line), "", "", message));
    }

    /// The composer is recursive: without this, brackets alone could exhaust the stack.
    private static final class DepthLimit implements Parser {
        private final Parser parser;
        private final String file;
        private final int limit;
        private int depth;

        DepthLimit(Parser parser, String file, int limit) {
            this.parser = parser;
            this.file = file;
            this.limit = limit;
        }

        @Override
        public boolean checkEvent(Event.ID choice) {
            return parser.checkEvent(choice);
        }

        @Override
        public Event peekEvent() {
            return parser.peekEvent();
        }

        @Override
        public boolean hasNext() {
            return parser.hasNext();
        }

        @Override
        public Event next() {
            var event = parser.next();
            if (event instanceof CollectionStartEvent && ++depth > limit) {
                int line = event.getStartMark().map(m -> m.getLine() + 1).orElse(0);
                throw broken(file, line, "nested deeper than " + limit);
            }
            if (event instanceof CollectionEndEvent) {
                depth--;
            }
            return event;
        }
    }
}
