using System.Text;
using System.Text.RegularExpressions;

namespace IntrinsicLab.Torch.Generator;

/// <summary>Writes the typed operators and the tensor constructors; operators.txt explains its own format.</summary>
public static partial class OperatorGenerator
{
    private sealed record Parameter(string Type, string Name);

    private sealed record Line(string Class, bool Internal, string Returns, string Name, string Parameters,
        IReadOnlyList<Parameter> Parsed, string Operator, string Overload, IReadOnlyList<string> Arguments)
    {
        public string Field => $"{Operator}{(Overload.Length == 0 ? "" : "_" + Overload)}";
    }

    [GeneratedRegex(@"^(?<internal>internal )?(?<returns>\([^)]*\)|\S+) (?<name>@?\w+)\((?<parameters>.*)\) = " +
        @"(?<op>\w+)(\.(?<overload>\w+))?\((?<arguments>[^()]*)\)$")]
    private static partial Regex LinePattern();

    public static IReadOnlyDictionary<string, string> Generate(string operators)
    {
        var lines = Parse(operators).ToList();
        return new Dictionary<string, string>
        {
            ["Operators.cs"] = WriteOperators(lines),
            ["TypedOperators.cs"] = WriteMethods(lines),
            ["Creation.cs"] = WriteCreation(),
        };
    }

    private static IEnumerable<Line> Parse(string text)
    {
        var section = "";
        foreach (var line in text.Split('\n').Select(line => line.Trim()))
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (line[0] == '[' && line[^1] == ']')
            {
                section = line[1..^1];
                continue;
            }
            var match = LinePattern().Match(line);
            if (!match.Success)
                throw new FormatException($"operators.txt: cannot read '{line}'");
            var parameters = match.Groups["parameters"].Value;
            yield return new Line(section, match.Groups["internal"].Success, match.Groups["returns"].Value, match.Groups["name"].Value,
                parameters, SplitTop(parameters).Select(ParseParameter).ToList(), match.Groups["op"].Value,
                match.Groups["overload"].Value, SplitTop(match.Groups["arguments"].Value));
        }
    }

    private static Parameter ParseParameter(string text)
    {
        var declaration = text.Split(" = ")[0].Replace("params ", "");
        var space = declaration.LastIndexOf(' ');
        return new Parameter(declaration[..space], declaration[(space + 1)..]);
    }

    /// <summary>Splits at commas outside brackets.</summary>
    private static List<string> SplitTop(string text)
    {
        var parts = new List<string>();
        var depth = 0;
        var start = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || (text[i] == ',' && depth == 0))
            {
                if (i > start)
                    parts.Add(text[start..i].Trim());
                start = i + 1;
            }
            else if (text[i] is '[' or '(' or '<')
            {
                depth++;
            }
            else if (text[i] is ']' or ')' or '>')
            {
                depth--;
            }
        }
        return parts;
    }

    private static string WriteOperators(List<Line> lines)
    {
        var text = new StringBuilder(Header);
        text.Append("namespace TorchSharp;\n\ninternal static class Operators\n{\n");
        var known = lines.Select(line => (line.Field, line.Operator, line.Overload)).Append(("to_dtype_layout", "to", "dtype_layout"))
            .Distinct().OrderBy(op => op.Item1, StringComparer.Ordinal).ToList();
        foreach (var (field, name, overload) in known)
            text.Append($"    internal static readonly Operator {field} = new(\"aten::{name}\", \"{overload}\");\n");
        text.Append("\n    internal static readonly Operator[] All =\n    [\n");
        foreach (var (field, _, _) in known)
            text.Append($"        {field},\n");
        return text.Append("    ];\n}\n").ToString();
    }

    private static string WriteMethods(List<Line> lines)
    {
        var text = new StringBuilder(Header).Append("namespace TorchSharp;\n");
        foreach (var group in lines.GroupBy(line => line.Class))
        {
            var classes = group.Key.Split('.');
            text.Append('\n');
            for (var depth = 0; depth < classes.Length; depth++)
            {
                var kind = (classes[depth] == "Tensor" ? "" : "static ") + (depth == classes.Length - 1 ? "unsafe " : "");
                text.Append($"{Indent(depth)}public {kind}partial class {classes[depth]}\n{Indent(depth)}{{\n");
            }
            text.Append(string.Join('\n', group.Select(line => WriteMethod(line, classes.Length))));
            for (var depth = classes.Length - 1; depth >= 0; depth--)
                text.Append(Indent(depth)).Append("}\n");
        }
        return text.ToString();
    }

    private static string WriteMethod(Line line, int depth)
    {
        var isMember = line.Class.EndsWith(".Tensor", StringComparison.Ordinal);
        var pins = new List<string>();
        var setup = new List<string>();
        var values = new List<string>();
        var used = new HashSet<string>();
        foreach (var argument in line.Arguments)
            values.Add(Convert(argument, line, used, setup, pins));

        var body = new List<string>();
        foreach (var parameter in line.Parsed.Where(parameter => !used.Contains(parameter.Name) && parameter.Name != "requires_grad"))
        {
            body.Add($"if ({parameter.Name} is not null)");
            body.Add($"    throw new NotSupportedException(\"{parameter.Name.TrimStart('@')} is not supported\");");
        }
        body.AddRange(setup);
        body.Add($"var arguments = stackalloc Value[{values.Count}];");
        for (var i = 0; i < values.Count; i++)
            body.Add($"arguments[{i}] = {values[i]};");

        var inPlace = line.Operator[^1] == '_';
        var call = line.Returns switch
        {
            _ when inPlace => "CallInPlace",
            "Tensor" => "Call",
            "Tensor[]" => "CallList",
            "bool" => "CallBool",
            _ => line.Returns.Count(character => character == ',') switch { 1 => "CallTwo", 2 => "CallThree", _ => "CallFour" },
        };
        body.Add($"{(inPlace ? "" : "var result = ")}Operators.{line.Field}.{call}(arguments, {values.Count});");
        if (isMember)
            body.Add("GC.KeepAlive(this);");
        foreach (var parameter in line.Parsed.Where(parameter => used.Contains(parameter.Name) && KeepsHandle(parameter.Type)))
            body.Add($"GC.KeepAlive({parameter.Name});");
        if (line.Parsed.Any(parameter => parameter.Name == "requires_grad"))
        {
            body.Add("if (requires_grad)");
            body.Add("    result.requires_grad = true;");
        }
        body.Add($"return {(inPlace ? line.Arguments[0] : "result")};");

        var text = new StringBuilder();
        var indent = Indent(depth);
        var modifiers = (line.Internal ? "internal " : "public ") + (isMember ? "" : "static ");
        text.Append($"{indent}{modifiers}{line.Returns} {line.Name}({line.Parameters})\n{indent}{{\n");
        var inner = Indent(depth + 1);
        // Declarations first: only fixed statements may stand in front of the block.
        foreach (var pin in pins.OrderBy(pin => pin.StartsWith("fixed", StringComparison.Ordinal)))
            text.Append($"{inner}{pin}\n");
        if (pins.Count > 0)
        {
            text.Append($"{inner}{{\n");
            inner = Indent(depth + 2);
        }
        foreach (var statement in body)
            text.Append($"{inner}{statement}\n");
        if (pins.Count > 0)
            text.Append($"{Indent(depth + 1)}}}\n");
        return text.Append($"{indent}}}\n").ToString();
    }

    /// <summary>The expression of one argument; what must happen before the call goes to setup and pins.</summary>
    private static string Convert(string argument, Line line, HashSet<string> used, List<string> setup, List<string> pins)
    {
        if (argument == "this")
            return "Value.Of(this)";
        if (argument == "none")
            return "Value.None";
        if (argument is "true" or "false" || char.IsDigit(argument[0]) || argument[0] == '-')
            return $"Value.Of({(argument.All(char.IsDigit) ? argument + "L" : argument)})";
        if (argument[0] == '\'')
        {
            var literal = argument.Trim('\'');
            pins.Add($"fixed (byte* {literal}Text = \"{literal}\"u8)");
            return $"Value.OfText({literal}Text, {literal.Length})";
        }
        if (argument[0] == '[')
        {
            var items = SplitTop(argument[1..^1]);
            used.UnionWith(items);
            var list = $"list{setup.Count}";
            setup.Add($"var {list} = stackalloc long[] {{ {string.Join(", ", items)} }};");
            return $"Value.OfList({list}, {items.Count})";
        }

        var fallback = argument.Contains("??") ? argument[(argument.IndexOf("??", StringComparison.Ordinal) + 2)..] : null;
        var name = argument.Split("??")[0];
        var parameter = line.Parsed.FirstOrDefault(parameter => parameter.Name == name)
            ?? throw new FormatException($"operators.txt: {line.Name} has no parameter '{name}'");
        used.Add(name);
        var pointer = $"{name.TrimStart('@')}Items";
        switch (parameter.Type)
        {
            case "long[]" or "ReadOnlySpan<long>":
                pins.Add($"fixed (long* {pointer} = {name})");
                return $"Value.OfList({pointer}, {name}.Length)";
            case "long[]?":
                pins.Add($"fixed (long* {pointer} = {name})");
                var absent = fallback switch
                {
                    null => "Value.None",
                    _ when char.IsDigit(fallback[0]) => $"Value.Of({fallback}L)",
                    _ => $"Value.OfList({fallback}Items, {fallback}.Length)",
                };
                return $"{name} is null ? {absent} : Value.OfList({pointer}, {name}.Length)";
            case "Size":
                pins.Add($"fixed (long* {pointer} = {name}.Shape)");
                return $"Value.OfList({pointer}, {name}.Length)";
            case "IList<Tensor>" or "IEnumerable<Tensor>" or "Tensor[]" or "Tensor?[]":
                pins.Add($"var {name}Handles = Value.Handles({name});");
                pins.Add($"fixed (nint* {pointer} = {name}Handles)");
                return $"Value.OfList({pointer}, {name}Handles.Length)";
            case "string":
                pins.Add($"var {name}Bytes = System.Text.Encoding.UTF8.GetBytes({name});");
                pins.Add($"fixed (byte* {pointer} = {name}Bytes)");
                return $"Value.OfText({pointer}, {name}Bytes.Length)";
            case "Tensor?" or "Scalar?" or "Generator?" or "Device?":
                return $"Value.OfOptional({name})";
            case "int":
                return $"Value.Of((long){name})";
            case "float":
                return $"Value.Of((double){name})";
            default:
                return $"Value.Of({name})";
        }
    }

    private static bool KeepsHandle(string type) => type.Contains("Tensor") || type == "Generator?";

    /// <summary>The overloads of torch.tensor and torch.as_tensor: element type × scalar, list, array of one to four dimensions.</summary>
    private static string WriteCreation()
    {
        const string Names = ", string[]? names = null";
        const string Options = "ScalarType? dtype = null, Device? device = null, bool requires_grad = false";
        var text = new StringBuilder(Header).Append("namespace TorchSharp;\n\npublic static partial class torch\n{\n");
        foreach (var (type, scalar) in ElementTypes)
        {
            var hasType = type is "bool" or "double" or "long";
            var options = hasType ? Options : "Device? device = null, bool requires_grad = false";
            var dtype = hasType ? "dtype" : "null";
            text.Append($"    public static Tensor tensor({type} scalar, {options}) =>\n")
                .Append($"        FromElements<{type}>([scalar], [], ScalarType.{scalar}, {dtype}, device, requires_grad, null);\n\n");
            var array = type == "long" ? "dataArray" : "rawArray";
            Add($"{type}[] {array}, {Options}{Names}", $"{array}, [{array}.Length]");
            Add($"{type}[] {array}, ReadOnlySpan<long> dimensions, {Options}{Names}", $"{array}, dimensions");
            Add($"{type}[,] rawArray, {Options}{Names}", $"Elements<{type}>(rawArray), Lengths(rawArray)");
            Add($"{type}[,,] rawArray, {Options}{Names}", $"Elements<{type}>(rawArray), Lengths(rawArray)");
            Add($"{type}[,,,] rawArray, {Options}{Names}", $"Elements<{type}>(rawArray), Lengths(rawArray)");
            Add($"IList<{type}> rawArray, {Options}{Names}", "Elements(rawArray), [rawArray.Count]");
            if (type != "double") // the one overload that TorchSharp lacks
                Add($"IList<{type}> rawArray, ReadOnlySpan<long> dimensions, {Options}{Names}", "Elements(rawArray), dimensions");
            Add($"IList<{type}> rawArray, long rows, long columns, {Options}{Names}", "Elements(rawArray), [rows, columns]");
            Add($"IList<{type}> rawArray, long dim0, long dim1, long dim2, {Options}{Names}", "Elements(rawArray), [dim0, dim1, dim2]");
            Add($"{(type == "int" ? "int[]" : $"IList<{type}>")} rawArray, long dim0, long dim1, long dim2, long dim3, {Options}{Names}",
                "Elements(rawArray), [dim0, dim1, dim2, dim3]");
            foreach (var (list, length) in new[] { ($"{type}[]", "Length"), ($"IList<{type}>", "Count") })
            {
                text.Append($"    public static Tensor as_tensor({list} rawArray, ScalarType? dtype = null, Device? device = null) =>\n")
                    .Append($"        FromElements<{type}>(Elements(rawArray), [rawArray.{length}], ScalarType.{scalar}, dtype, device, false, null);\n\n");
            }

            void Add(string parameters, string arguments) => text.Append($"    public static Tensor tensor({parameters}) =>\n")
                .Append($"        FromElements<{type}>({arguments}, ScalarType.{scalar}, dtype, device, requires_grad, names);\n\n");
        }
        text.Append("    public partial class Tensor\n    {\n");
        foreach (var (type, _) in ElementTypes)
        {
            text.Append($"        public static implicit operator Tensor({type} value) => torch.tensor(value);\n")
                .Append($"        public static implicit operator Tensor({type}[] value) => torch.tensor(value);\n");
        }
        return text.Append("    }\n}\n").ToString();
    }

    private static readonly (string Type, string Scalar)[] ElementTypes =
    [
        ("bool", "Bool"), ("byte", "Byte"), ("sbyte", "Int8"), ("short", "Int16"), ("int", "Int32"), ("long", "Int64"),
        ("float", "Float32"), ("double", "Float64"),
    ];

    private static string Indent(int depth) => new(' ', 4 * depth);

    private const string Header = "// <auto-generated>\n" +
        "// Written by IntrinsicLab.Torch/generator; edit operators.txt or the generator instead.\n" +
        "// </auto-generated>\n#nullable enable\n\n";
}
