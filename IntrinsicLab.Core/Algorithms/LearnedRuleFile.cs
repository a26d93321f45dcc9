using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// A learned rule as a file: JSON with <c>format</c>, <c>formatVersion</c>, <c>name</c>, <c>version</c>, <c>form</c> (<c>predictions</c>,
/// <c>units</c>, <c>semantics</c>), <c>gamma</c>, <c>origin</c>, <c>parameters</c> (base64 of little-endian float32) and <c>sha256</c>, the
/// <see cref="Digest"/>. What is read is bit for bit what was written.
/// </summary>
public static partial class LearnedRuleFile
{
    /// <summary>How the names of such files end.</summary>
    public const string Extension = ".rule.json";

    /// <summary>The most bytes such a file has.</summary>
    public const int MostBytes = 8 * 1024 * 1024;

    /// <summary>The most values of a prediction vector.</summary>
    public const int MostPredictions = 256;

    /// <summary>The most recurrent units.</summary>
    public const int MostUnits = 512;

    /// <summary>The largest version.</summary>
    public const int LastVersion = 1_000_000;

    private const string Mark = "intrinsiclab-rule";
    private const int FormatVersion = 1;
    private const int LongestName = 60;

    private static readonly string[] Known = ["format", "formatVersion", "name", "version", "form", "gamma", "origin", "parameters", "sha256"];
    private static readonly string[] KnownOfForm = ["predictions", "units", "semantics"];
    private static readonly string[] KnownOfOrigin = ["command", "seed", "updates", "steps", "seconds", "machine", "date", "configuration"];
    private static readonly RuleSemantics[] AllSemantics = Enum.GetValues<RuleSemantics>();
    private static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What a semantics is called in files, such as "predictions-without-next".</summary>
    public static string Word(RuleSemantics semantics) => JsonNamingPolicy.KebabCaseLower.ConvertName(semantics.ToString());

    /// <summary>Why a text cannot name a rule, as a sentence; null where it can.</summary>
    public static string? WhyNoName(string text) => text.Length <= LongestName && KebabCase().IsMatch(text)
        ? null
        : $"A rule's name has at most {LongestName} characters: small letters and digits in words joined by single hyphens, a letter first, such as grid-rule.";

    /// <summary>A text made into a name, for lack of a better one.</summary>
    public static string NameFrom(string text)
    {
        var name = Regex.Replace(text.ToLowerInvariant(), "[^a-z0-9]+", "-").Trim('-');
        if (name.Length == 0 || !char.IsAsciiLetter(name[0]))
            name = $"rule-{name}".TrimEnd('-');
        return name[..Math.Min(name.Length, LongestName)].TrimEnd('-');
    }

    /// <summary>
    /// SHA-256 of what an agent learns with, in hexadecimal: of the line "predictions units semantics gamma" and the parameters' bytes. Rules that
    /// share it are one rule under two names.
    /// </summary>
    public static string Digest(RuleContent content)
    {
        var (network, gamma, parameters) = content;
        var head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"{network.Predictions} {network.Units} {Word(network.Semantics)} {gamma:R}\n"));
        return Convert.ToHexStringLower(SHA256.HashData([.. head, .. Bytes(parameters)]));
    }

    /// <summary>The file of a rule, UTF-8.</summary>
    /// <exception cref="ArgumentException">The rule has another number of parameters than its form.</exception>
    public static byte[] Write(LearnedRule rule)
    {
        var (network, gamma, parameters) = rule.Content;
        if (parameters.Length != network.ParameterCount)
            throw new ArgumentException($"{rule.Id} has {parameters.Length} parameters where its form has {network.ParameterCount}.", nameof(rule));
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Indented))
        {
            writer.WriteStartObject();
            writer.WriteString("format", Mark);
            writer.WriteNumber("formatVersion", FormatVersion);
            writer.WriteString("name", rule.Name);
            writer.WriteNumber("version", rule.Version);
            writer.WriteStartObject("form");
            writer.WriteNumber("predictions", network.Predictions);
            writer.WriteNumber("units", network.Units);
            writer.WriteString("semantics", Word(network.Semantics));
            writer.WriteEndObject();
            writer.WriteNumber("gamma", gamma);
            WriteOrigin(writer, rule.Origin);
            writer.WriteString("sha256", Digest(rule.Content));
            writer.WriteBase64String("parameters", Bytes(parameters));
            writer.WriteEndObject();
        }
        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    /// <summary>Reads a file, adding every fault with its place to <paramref name="problems"/>; null when there were any.</summary>
    public static LearnedRule? Read(ReadOnlyMemory<byte> file, List<Problem> problems)
    {
        if (file.Length > MostBytes)
        {
            problems.Add(new("", $"The file has {Count(file.Length)} bytes; a rule's has at most {Count(MostBytes)}."));
            return null;
        }
        try
        {
            using var json = JsonDocument.Parse(file);
            return Read(json.RootElement, problems);
        }
        catch (JsonException error)
        {
            problems.Add(new("", $"This is not JSON: {error.Message}"));
        }
        catch (InvalidOperationException error) when (error.Source?.StartsWith("System.Text.Json", StringComparison.Ordinal) == true)
        {
            // Bytes that are no UTF-8 and halves of surrogate pairs show only when a text is read.
            problems.Add(new("", "The file holds text that is not Unicode."));
        }
        return null;
    }

    /// <summary>Reads what is JSON already, adding every fault with its place to <paramref name="problems"/>; null when there were any.</summary>
    public static LearnedRule? Read(JsonElement json, List<Problem> problems)
    {
        var before = problems.Count;
        var members = Members.Of(json, "", problems);
        var mark = members.Text("format", 100, required: true);
        if (mark is not null && mark != Mark)
            members.Fault("format", $"Expected {Mark}: this is another kind of file.");
        if (members.Whole("formatVersion", 1, int.MaxValue, required: true) is { } written && written != FormatVersion)
            members.Fault("formatVersion", $"This lab reads version {FormatVersion}, not {written}: the file was written by a newer one.");
        var name = members.Text("name", 1000, required: true);
        if (name is not null && WhyNoName(name) is { } wrong)
            members.Fault("name", wrong);
        var version = members.Whole("version", 1, LastVersion, required: true);
        var network = ReadForm(members, problems);
        var gamma = ReadGamma(members);
        var origin = ReadOrigin(members, problems);
        var parameters = ReadParameters(members, network);
        var digest = members.Text("sha256", 1000, required: true);
        members.RefuseOthers("member", Known);
        if (digest is not null && !Sha256().IsMatch(digest))
            members.Fault("sha256", "Expected 64 hexadecimal digits.");
        else if (digest is not null && network is not null && gamma is not null && parameters is not null
            && Digest(new(network, gamma.Value, parameters)) is var actual && !digest.Equals(actual, StringComparison.OrdinalIgnoreCase))
            members.Fault("sha256", $"The content has the digest {actual}: the file was damaged or edited.");
        return problems.Count > before ? null : new(name!, (int)version!.Value, new(network!, gamma!.Value, parameters!), origin!);
    }

    private static RuleNetwork? ReadForm(Members members, List<Problem> problems)
    {
        if (members.Take("form") is not { } json)
        {
            members.Fault("form", "This member is required: predictions, units and semantics.");
            return null;
        }
        var before = problems.Count;
        var form = Members.Of(json, members.At("form"), problems);
        var predictions = form.Whole("predictions", 0, MostPredictions, required: true);
        var units = form.Whole("units", 1, MostUnits, required: true);
        var word = form.Text("semantics", 100, required: true);
        form.RefuseOthers("member", KnownOfForm);
        var semantics = Array.FindIndex(AllSemantics, each => Word(each) == word);
        if (word is not null && semantics < 0)
            form.Fault("semantics", $"{Problem.Unknown("semantics", word, [.. AllSemantics.Select(Word)])}");
        if (problems.Count > before)
            return null;
        var reads = AllSemantics[semantics] is RuleSemantics.Predictions or RuleSemantics.PredictionsWithoutNext;
        if (reads && predictions == 0)
            form.Fault("predictions", "A rule that reads predictions has at least one.");
        else if (AllSemantics[semantics] == RuleSemantics.Values && predictions > 0)
            form.Fault("predictions", "A rule that reads values has no predictions: expected 0.");
        return problems.Count > before ? null : new((int)predictions!.Value, (int)units!.Value, AllSemantics[semantics]);
    }

    private static double? ReadGamma(Members members)
    {
        if (members.Take("gamma") is not { } json)
            members.Fault("gamma", "This member is required.");
        else if (json.ValueKind != JsonValueKind.Number || json.GetDouble() is not (>= 0 and <= 1))
            members.Fault("gamma", $"Expected a number from 0 to 1, not {Parameter.Shown(json)}.");
        else
            return json.GetDouble();
        return null;
    }

    private static RuleOrigin? ReadOrigin(Members members, List<Problem> problems)
    {
        if (members.Take("origin") is not { } json)
        {
            members.Fault("origin", "This member is required: how the rule was made.");
            return null;
        }
        var before = problems.Count;
        var origin = Members.Of(json, members.At("origin"), problems);
        var command = origin.Text("command", 100_000) ?? "";
        var seed = origin.Whole("seed", 0, int.MaxValue, required: true);
        var updates = origin.Whole("updates", 0, long.MaxValue / 2, required: true);
        var steps = origin.Whole("steps", 0, long.MaxValue / 2, required: true);
        double? seconds = null;
        if (origin.Take("seconds") is { ValueKind: not JsonValueKind.Null } time)
            if (time.ValueKind == JsonValueKind.Number && time.GetDouble() is >= 0 and < 1e12)
                seconds = time.GetDouble();
            else
                origin.Fault("seconds", $"Expected a number of seconds or null, not {Parameter.Shown(time)}.");
        var machine = origin.Text("machine", 1000) ?? "";
        var date = origin.Text("date", 40, required: true);
        if (date is not null && !DateOnly.TryParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
            origin.Fault("date", "Expected a day such as 2026-01-31.");
        var configuration = "{}";
        if (origin.Take("configuration") is { } given)
            if (given.ValueKind == JsonValueKind.Object)
                configuration = Text(given);
            else
                origin.Fault("configuration", $"Expected an object, not {Parameter.Shown(given)}.");
        origin.RefuseOthers("member", KnownOfOrigin);
        return problems.Count > before ? null : new(command, (int)seed!.Value, updates!.Value, steps!.Value, seconds, machine, date!, configuration);
    }

    private static void WriteOrigin(Utf8JsonWriter writer, RuleOrigin origin)
    {
        writer.WriteStartObject("origin");
        writer.WriteString("command", origin.Command);
        writer.WriteNumber("seed", origin.Seed);
        writer.WriteNumber("updates", origin.Updates);
        writer.WriteNumber("steps", origin.Steps);
        if (origin.Seconds is { } seconds)
            writer.WriteNumber("seconds", seconds);
        else
            writer.WriteNull("seconds");
        writer.WriteString("machine", origin.Machine);
        writer.WriteString("date", origin.Date);
        writer.WritePropertyName("configuration");
        using (var json = JsonDocument.Parse(origin.Configuration.Length == 0 ? "{}" : origin.Configuration))
            json.RootElement.WriteTo(writer);
        writer.WriteEndObject();
    }

    private static float[]? ReadParameters(Members members, RuleNetwork? network)
    {
        if (members.Text("parameters", MostBytes, required: true) is not { } text)
            return null;
        var bytes = new byte[text.Length / 4 * 3 + 3];
        if (!Convert.TryFromBase64String(text, bytes, out var length))
            members.Fault("parameters", "This is not base64.");
        else if (length % sizeof(float) != 0)
            members.Fault("parameters", $"{Count(length)} bytes are no whole number of float32 values.");
        else if (network is not null && length / sizeof(float) != network.ParameterCount)
            members.Fault("parameters", $"Expected {Count(network.ParameterCount)} values for this form, not {Count(length / sizeof(float))}.");
        else
        {
            var values = new float[length / sizeof(float)];
            for (var i = 0; i < values.Length; i++)
                values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float)));
            var faulty = values.Count(value => !float.IsFinite(value));
            if (faulty == 0)
                return values;
            members.Fault("parameters", faulty == 1
                ? $"Value {Count(Array.FindIndex(values, value => !float.IsFinite(value)))} is not finite."
                : $"{Count(faulty)} values are not finite, the first of them value {Count(Array.FindIndex(values, value => !float.IsFinite(value)))}.");
        }
        return null;
    }

    private static byte[] Bytes(float[] values)
    {
        var bytes = new byte[values.Length * sizeof(float)];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        return bytes;
    }

    private static string Text(JsonElement json)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Compact))
            json.WriteTo(writer);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static string Count(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex("^[a-z][a-z0-9]*(-[a-z0-9]+)*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex KebabCase();

    [GeneratedRegex("^[0-9a-fA-F]{64}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Sha256();
}
