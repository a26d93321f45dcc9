using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IntrinsicLab.Core.Algorithms;

namespace IntrinsicLab.Data.Imports;

/// <summary>What a file does not say itself.</summary>
public sealed record ImportDefaults
{
    /// <summary>Name of the file.</summary>
    public string File { get; init; } = "file.csv";

    /// <summary>Name of its run, where it has no column of names.</summary>
    public string Name { get; init; } = "";

    public string Algorithm { get; init; } = "";
    public string Environment { get; init; } = "";
    public int? Seed { get; init; }

    /// <summary>Name of the metric of a file with one column of values.</summary>
    public string Metric { get; init; } = "";
}

/// <summary>A fault of a file, at its place.</summary>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column, from 1; 0 for the whole line.</param>
/// <param name="Name">The column's heading, where it has one.</param>
/// <param name="Message">What is wrong and what was expected.</param>
public sealed record ImportProblem(int Line, int Column, string Name, string Message);

/// <summary>What a column was taken for.</summary>
/// <param name="Column">Its heading.</param>
/// <param name="Meaning">In words: steps, seed, the metric return/extrinsic, left out.</param>
public sealed record ImportColumn(string Column, string Meaning);

/// <summary>One run of a file.</summary>
/// <param name="Name">Name for people.</param>
/// <param name="Algorithm">Its algorithm, as far as known.</param>
/// <param name="Environment">Its environment, as far as known.</param>
/// <param name="EnvironmentParameters">What its environment's name says of parameters.</param>
/// <param name="Seed">Its seed.</param>
/// <param name="Series">Its metrics.</param>
/// <param name="Hash">SHA-256 of all that makes it: the same content has the same.</param>
public sealed record ImportedRun(
    string Name, string Algorithm, string Environment, JsonObject EnvironmentParameters, int Seed, IReadOnlyDictionary<string, SeriesColumns> Series, string Hash)
{
    /// <summary>Its last step.</summary>
    public long Steps => Series.Values.Max(each => each.Steps.Max());

    /// <summary>Its points over all metrics.</summary>
    public long Points => Series.Values.Sum(each => (long)each.Steps.Count);
}

/// <summary>
/// A file of curves from another program: tables with one column per metric or with metric and value, Stable-Baselines3's monitor files, and what
/// TensorBoard saves. Every fault is told with its line and column; with one, nothing of the file is to be used.
/// </summary>
public sealed partial class CurveFile
{
    /// <summary>The most runs of one file.</summary>
    public const int MostRuns = 1000;

    /// <summary>The most points of one file.</summary>
    public const int MostPoints = 3_000_000;

    private const int MostMetrics = 200;
    private const int MostProblems = 50;
    private const int Window = 100;
    private const string Unknown = "imported";

    private static readonly Dictionary<string, Role> Roles = new()
    {
        ["run"] = Role.Run,
        ["name"] = Role.Run,
        ["runname"] = Role.Run,
        ["runid"] = Role.Run,
        ["expname"] = Role.Run,
        ["algorithm"] = Role.Algorithm,
        ["algo"] = Role.Algorithm,
        ["agent"] = Role.Algorithm,
        ["method"] = Role.Algorithm,
        ["environment"] = Role.Environment,
        ["env"] = Role.Environment,
        ["envid"] = Role.Environment,
        ["task"] = Role.Environment,
        ["seed"] = Role.Seed,
        ["step"] = Role.Step,
        ["steps"] = Role.Step,
        ["globalstep"] = Role.Step,
        ["timestep"] = Role.Step,
        ["timesteps"] = Role.Step,
        ["totaltimesteps"] = Role.Step,
        ["time/totaltimesteps"] = Role.Step,
        ["envstep"] = Role.Step,
        ["envsteps"] = Role.Step,
        ["environmentsteps"] = Role.Step,
        ["seconds"] = Role.Seconds,
        ["time"] = Role.Seconds,
        ["walltime"] = Role.Seconds,
        ["elapsed"] = Role.Seconds,
        ["timeelapsed"] = Role.Seconds,
        ["time/timeelapsed"] = Role.Seconds,
        ["runtime"] = Role.Seconds,
        ["relativetime"] = Role.Seconds,
        ["episode"] = Role.Episode,
        ["episodes"] = Role.Episode,
        ["metric"] = Role.Metric,
        ["tag"] = Role.Metric,
        ["value"] = Role.Value,
    };

    private readonly ImportDefaults defaults;
    private readonly List<ImportProblem> problems = [];
    private readonly List<string> warnings = [];
    private readonly List<ImportColumn> columns = [];
    private readonly Dictionary<(string Run, string Algorithm, string Environment, int Seed), Dictionary<string, Curve>> found = [];
    private int points;

    private CurveFile(ImportDefaults defaults) => this.defaults = defaults;

    private enum Role
    {
        Left,
        Run,
        Algorithm,
        Environment,
        Seed,
        Step,
        Seconds,
        Episode,
        Metric,
        Value,
        Wide,
    }

    /// <summary>What kind of file it was taken for, in words.</summary>
    public string Format { get; private set; } = "table";

    /// <summary>What each column was taken for.</summary>
    public IReadOnlyList<ImportColumn> Columns => columns;

    /// <summary>Its runs; empty where something is wrong.</summary>
    public IReadOnlyList<ImportedRun> Runs { get; private set; } = [];

    /// <summary>What a reader should know.</summary>
    public IReadOnlyList<string> Warnings => warnings;

    /// <summary>The first faults, in the order of lines.</summary>
    public IReadOnlyList<ImportProblem> Problems => problems;

    /// <summary>How many faults there are.</summary>
    public int ProblemCount { get; private set; }

    /// <summary>Reads a file to its end, line by line.</summary>
    public static CurveFile Read(TextReader text, ImportDefaults defaults)
    {
        var file = new CurveFile(defaults);
        if (text.Peek() == '#')
            file.ReadMonitor(text);
        else
            file.ReadTable(text);
        if (file.ProblemCount == 0)
            file.Finish();
        return file;
    }

    // A first line of JSON after '#', then one row per episode: r its return, l its length, t seconds since the start.
    private void ReadMonitor(TextReader text)
    {
        Format = "Stable-Baselines3 monitor";
        var header = text.ReadLine()!.TrimStart('#', ' ');
        var environment = defaults.Environment;
        try
        {
            if (environment.Length == 0 && JsonNode.Parse(header)?["env_id"] is JsonValue id && id.TryGetValue<string>(out var word))
                environment = word;
        }
        catch (JsonException)
        {
            Fault(1, 0, "", "After '#' the settings of a monitor file are expected, as JSON: #{\"t_start\": …, \"env_id\": …}.");
            return;
        }
        var records = new CsvRecords(text, linesBefore: 1);
        if (records.Next() is not { } heading)
        {
            Fault(2, 0, "", "The line of headings is missing: r,l,t.");
            return;
        }
        var names = heading.Fields.Select(field => field.Trim()).ToList();
        var (r, l, t) = (names.IndexOf("r"), names.IndexOf("l"), names.IndexOf("t"));
        if (r < 0 || l < 0)
        {
            Fault(2, 0, "", $"A monitor file has the columns r and l; this one has {string.Join(", ", names)}.");
            return;
        }
        foreach (var (index, name) in names.Index())
            columns.Add(new(name, index == r ? Words(Metrics.EpisodeReturn) : index == l ? $"{Words(Metrics.EpisodeLength)}; their sum makes the steps"
                : index == t ? "seconds since the start" : "left out"));
        columns.Add(new("(from r)", $"{Words(Metrics.ExtrinsicReturn)}, mean of the last {Window} episodes"));
        var curves = Of("", defaults.Algorithm, environment, defaults.Seed ?? 1);
        var (step, episodes) = (0L, 0L);
        while (records.Next() is { } record)
        {
            if (!HasEveryField(record, names.Count))
                continue;
            var value = Number(record, r, "r");
            var length = Whole(record, l, "l", 1, "a number of steps, at least 1");
            var seconds = t < 0 ? 0 : Number(record, t, "t");
            if (value is null || length is null || seconds is null)
                continue;
            step += length.Value;
            episodes++;
            Add(curves, Metrics.EpisodeReturn, step, value.Value, seconds.Value, record.Line);
            Add(curves, Metrics.EpisodeLength, step, length.Value, seconds.Value, record.Line);
            Add(curves, Metrics.Episodes, step, episodes, seconds.Value, record.Line);
        }
        Broken(records);
    }

    private void ReadTable(TextReader text)
    {
        var records = new CsvRecords(text);
        if (records.Next() is not { } heading)
        {
            Broken(records);
            if (ProblemCount == 0)
                Fault(1, 0, "", "The file is empty.");
            return;
        }
        var names = heading.Fields.Select(field => field.Trim()).ToList();
        names[0] = names[0].TrimStart('\uFEFF');
        var roles = names.ConvertAll(name => Roles.GetValueOrDefault(Plain(name)));
        var isLong = roles.Contains(Role.Metric) && roles.Contains(Role.Value);
        for (var index = 0; index < roles.Count; index++)
            if (!isLong && roles[index] is Role.Left or Role.Metric && names[index].Length > 0)
                roles[index] = Role.Wide;
        foreach (var role in (Role[])[Role.Run, Role.Algorithm, Role.Environment, Role.Seed, Role.Step, Role.Seconds, Role.Metric, Role.Value])
            if (roles.IndexOf(role) is >= 0 and var first && roles.LastIndexOf(role) is var again && again > first)
                Fault(heading.Line, again + 1, names[again], $"'{names[first]}' and '{names[again]}' both mean the {role.ToString().ToLowerInvariant()}; leave one out.");
        if (!roles.Contains(Role.Step))
            Fault(heading.Line, 0, "", $"No column of steps was found; name one 'step'. The headings are: {string.Join(", ", names)}.");
        if (!roles.Contains(Role.Value) && !roles.Contains(Role.Wide))
            Fault(heading.Line, 0, "", "No column of values was found: name one 'value', or one per metric, such as return/extrinsic.");
        var metrics = new string[names.Count];
        for (var index = 0; index < names.Count; index++)
            if (roles[index] == Role.Wide)
            {
                metrics[index] = ImportNames.Metric(names[index]);
                if (Array.IndexOf(metrics, metrics[index]) < index)
                    metrics[index] = PlainMetric(names[index], index);
                if (Array.IndexOf(metrics, metrics[index]) < index)
                    Fault(heading.Line, index + 1, names[index], "Another column has this heading.");
            }
        if (ProblemCount > 0)
            return;

        Format = isLong ? "table with metric and value" : IsTensorBoard(names) ? "TensorBoard's table of one scalar" : "table with a column per metric";
        var single = Single();
        // Columns that began with text: where, and what. They are left out, unless a number comes after all.
        var texts = new Dictionary<int, (int Line, string Field)>();
        var seen = new HashSet<int>();
        double? begin = null;
        while (records.Next() is { } record)
        {
            if (!HasEveryField(record, names.Count))
                continue;
            var step = Whole(record, roles.IndexOf(Role.Step), names[roles.IndexOf(Role.Step)], 0, "a whole number of steps from 0");
            var seed = roles.IndexOf(Role.Seed) is >= 0 and var at && record.Fields[at].Trim().Length > 0
                ? Whole(record, at, names[at], 0, "a whole number from 0")
                : defaults.Seed ?? 1;
            double? seconds = 0;
            if (roles.IndexOf(Role.Seconds) is >= 0 and var clock && record.Fields[clock].Trim().Length > 0)
            {
                seconds = Number(record, clock, names[clock]);
                // Wall time counts from 1970; a run's seconds from its first point.
                if (seconds > 1e8)
                    seconds -= begin ??= seconds;
            }
            if (step is null || seed is null || seconds is null)
                continue;
            var curves = Of(Text(record, roles, Role.Run), Text(record, roles, Role.Algorithm), Text(record, roles, Role.Environment), (int)seed.Value);
            for (var index = 0; index < names.Count; index++)
            {
                var field = record.Fields[index].Trim();
                if (field.Length == 0 || roles[index] is not (Role.Wide or Role.Value or Role.Episode))
                    continue;
                var isNumber = Parse(field) is not null;
                if (roles[index] == Role.Wide && seen.Add(index) && !isNumber)
                    texts[index] = (record.Line, field);
                if (texts.TryGetValue(index, out var began))
                {
                    if (!isNumber)
                        continue;
                    NoNumber(began.Line, index, names[index], began.Field);
                    texts.Remove(index);
                }
                if (Number(record, index, names[index]) is not { } value)
                    continue;
                var metric = roles[index] switch
                {
                    Role.Episode => Metrics.Episodes,
                    Role.Wide => metrics[index],
                    _ when isLong => ImportNames.Metric(Text(record, roles, Role.Metric)),
                    _ => single,
                };
                Add(curves, metric, step.Value, value, seconds.Value, record.Line);
            }
        }
        Broken(records);
        foreach (var (index, name) in names.Index())
            columns.Add(new(name, Meaning(roles[index], texts.ContainsKey(index), metrics[index], single, isLong)));
        var hasValues = found.Values.Any(curves => curves.Count > 0) || ProblemCount > 0;
        foreach (var (index, began) in texts.OrderBy(pair => pair.Key).TakeWhile(_ => !hasValues))
            NoNumber(began.Line, index, names[index], began.Field);
        if (!hasValues && texts.Count == 0)
            Fault(heading.Line + 1, 0, "", "The file has headings but no values.");
    }

    private void Finish()
    {
        foreach (var curves in found.Values)
            if (curves.TryGetValue(Metrics.EpisodeReturn, out var episodes) && !curves.ContainsKey(Metrics.ExtrinsicReturn))
            {
                curves[Metrics.ExtrinsicReturn] = episodes.MeanOfLast(Window);
                if (columns.TrueForAll(column => column.Column != "(from r)" && column.Column != "(from episodes)"))
                    columns.Add(new("(from episodes)", $"{Words(Metrics.ExtrinsicReturn)}, mean of the last {Window} episodes"));
            }
        var runs = found.Where(pair => pair.Value.Count > 0).Select(pair => Run(pair.Key, pair.Value)).ToList();
        var repeated = runs.Sum(run => run.Series.Values.Sum(series => series.Steps.Count - series.Steps.Distinct().Count()));
        if (repeated > 0)
            warnings.Add($"{repeated} values share metric and step with another of the same run; of these the last is kept.");
        if (runs.Any(run => run.Environment == Unknown))
            warnings.Add("The environment is not known: name it, so that the curves stand beside others of the same task.");
        if (runs.Any(run => run.Algorithm == Unknown))
            warnings.Add("The algorithm is not known: name it, so that the seeds of one algorithm make a group.");
        Runs = [.. runs.OrderBy(run => run.Environment, StringComparer.Ordinal).ThenBy(run => run.Algorithm, StringComparer.Ordinal).ThenBy(run => run.Seed).ThenBy(run => run.Name, StringComparer.Ordinal)];
    }

    private ImportedRun Run((string Run, string Algorithm, string Environment, int Seed) key, Dictionary<string, Curve> curves)
    {
        var (environment, parameters) = ImportNames.Environment(key.Environment);
        var algorithm = Or(key.Algorithm, Unknown);
        environment = Or(environment, Unknown);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{key.Run}\n{algorithm}\n{environment}\n{parameters.ToJsonString()}\n{key.Seed.ToString(CultureInfo.InvariantCulture)}\n"));
        foreach (var (metric, curve) in curves.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{metric}\n"));
            hash.AppendData(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(curve.Steps)));
            hash.AppendData(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(curve.Values)));
        }
        var stem = Path.GetFileNameWithoutExtension(defaults.File) is var file && file.EndsWith(".monitor", StringComparison.OrdinalIgnoreCase) ? file[..^8] : file;
        var name = key.Run.Length > 0 ? key.Run : defaults.Name.Length > 0 && found.Count == 1 ? defaults.Name
            : algorithm == Unknown && environment == Unknown && found.Count == 1 ? stem : $"{algorithm}-{environment}-{key.Seed.ToString(CultureInfo.InvariantCulture)}";
        return new(name, algorithm, environment, parameters, key.Seed,
            curves.ToDictionary(pair => pair.Key, pair => new SeriesColumns(pair.Value.Steps, pair.Value.Values, pair.Value.Seconds)),
            Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private Dictionary<string, Curve> Of(string run, string algorithm, string environment, int seed)
    {
        var key = (Limited(run), Limited(Or(algorithm, defaults.Algorithm)), Limited(Or(environment, defaults.Environment)), seed);
        if (found.TryGetValue(key, out var curves))
            return curves;
        if (found.Count == MostRuns)
            Fault(0, 0, "", $"The file has more than {MostRuns} runs; split it.");
        return found[key] = [];
    }

    private void Add(Dictionary<string, Curve> curves, string metric, long step, double value, double seconds, int line)
    {
        if (++points == MostPoints + 1)
            Fault(line, 0, "", $"The file has more than {MostPoints} points; split it.");
        if (points > MostPoints)
            return;
        if (!curves.TryGetValue(metric, out var curve))
        {
            if (curves.Count == MostMetrics)
                Fault(line, 0, "", $"A run has at most {MostMetrics} metrics.");
            curves[metric] = curve = new();
        }
        curve.Steps.Add(step);
        curve.Values.Add(value);
        curve.Seconds.Add(seconds);
    }

    private bool HasEveryField(CsvRecord record, int expected)
    {
        if (record.Fields.Count == expected)
            return true;
        Fault(record.Line, 0, "", $"This line has {record.Fields.Count} fields, the headings are {expected}.");
        return false;
    }

    private double? Number(CsvRecord record, int column, string name)
    {
        var value = Parse(record.Fields[column]);
        if (value is null)
            NoNumber(record.Line, column, name, record.Fields[column]);
        return value;
    }

    private void NoNumber(int line, int column, string name, string field) => Fault(line, column + 1, name, $"'{Short(field)}' is no number.");

    private long? Whole(CsvRecord record, int column, string name, long least, string expected)
    {
        var field = record.Fields[column].Trim();
        if (Parse(field) is { } value && value == Math.Floor(value) && value >= least && value <= Core.Experiments.RunPlan.LongestRun)
            return (long)value;
        Fault(record.Line, column + 1, name, $"'{Short(field)}' is not {expected}.");
        return null;
    }

    private static double? Parse(string field) => field.Trim() switch
    {
        "inf" or "+inf" or "Infinity" or "+Infinity" or "Inf" => double.PositiveInfinity,
        "-inf" or "-Infinity" or "-Inf" => double.NegativeInfinity,
        "nan" or "NaN" or "NAN" => double.NaN,
        var text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null,
    };

    private void Broken(CsvRecords records)
    {
        if (records.BrokenAt is { } line)
            Fault(line, 0, "", "A quoted field that begins here has no end.");
    }

    private void Fault(int line, int column, string name, string message)
    {
        ProblemCount++;
        if (problems.Count < MostProblems)
            problems.Add(new(line, column, name, message));
    }

    private string Single()
    {
        if (defaults.Metric.Length > 0)
            return ImportNames.Metric(defaults.Metric);
        // TensorBoard names what it saves after the scalar: run-X-tag-charts_episodic_return.csv.
        return TensorBoardTag().Match(Path.GetFileName(defaults.File)) is { Success: true } tag ? ImportNames.Metric(tag.Groups[1].Value) : Metrics.ExtrinsicReturn;
    }

    private static bool IsTensorBoard(List<string> names) => names is ["Wall time", "Step", "Value"];

    private static string Text(CsvRecord record, List<Role> roles, Role role) => roles.IndexOf(role) is >= 0 and var index ? record.Fields[index].Trim() : "";

    private static string Meaning(Role role, bool isText, string? metric, string single, bool isLong) => role switch
    {
        Role.Wide when isText => "left out, as it holds text",
        Role.Wide => Words(metric!),
        Role.Value when !isLong => Words(single),
        Role.Value => "the metrics' values",
        Role.Metric => "names of metrics",
        Role.Episode => Words(Metrics.Episodes),
        Role.Step => "environment steps",
        Role.Seconds => "seconds",
        Role.Run => "names of runs",
        Role.Left => "left out",
        _ => role.ToString().ToLowerInvariant(),
    };

    private static string Words(string metric) => $"the metric {metric}";

    private static string PlainMetric(string name, int index) => $"{ImportNames.Metric($"imported/{name}")}{(name.Length == 0 ? index.ToString(CultureInfo.InvariantCulture) : "")}";

    private static string Plain(string name) => name.Trim('\uFEFF', ' ', '_').ToLowerInvariant().Replace("_", "").Replace(" ", "").Replace("-", "");

    private static string Or(string first, string second) => first.Length > 0 ? first : second;

    private static string Limited(string text) => text.Length > 200 ? text[..200] : text;

    private static string Short(string text) => text.Length > 40 ? text[..40] + "…" : text;

    private sealed class Curve
    {
        public List<long> Steps { get; } = [];
        public List<double> Values { get; } = [];
        public List<double> Seconds { get; } = [];

        public Curve MeanOfLast(int window)
        {
            var mean = new Curve();
            mean.Steps.AddRange(Steps);
            mean.Seconds.AddRange(Seconds);
            for (var index = 0; index < Values.Count; index++)
            {
                var first = Math.Max(0, index + 1 - window);
                var sum = 0.0;
                for (var inside = first; inside <= index; inside++)
                    sum += Values[inside];
                mean.Values.Add(sum / (index + 1 - first));
            }
            return mean;
        }
    }

    [GeneratedRegex("tag-(.+)\\.csv$", RegexOptions.IgnoreCase)]
    private static partial Regex TensorBoardTag();
}
