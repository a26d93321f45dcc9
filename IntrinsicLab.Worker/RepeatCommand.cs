using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace IntrinsicLab.Worker;

/// <summary>
/// The verb <c>repeat</c>: a comparison made again from its manifest. Runs of the same configuration and seed that completed here count; the
/// others are trained. Exit codes: 0 every final score is equal to the bit, 1 some differ or are missing, 2 the manifest is wrong, 130 interrupted.
/// </summary>
internal static class RepeatCommand
{
    public static async Task<int> Execute(FileInfo file, DirectoryInfo? into)
    {
        try
        {
            return await Repeat(file, into ?? new DirectoryInfo(Path.Combine(file.DirectoryName!, $"{Path.GetFileNameWithoutExtension(file.Name)}-repeated")));
        }
        catch (Exception error) when (StartProblem.Of(error) is { } problem)
        {
            Console.Error.WriteLine(problem);
            return 2;
        }
    }

    private static async Task<int> Repeat(FileInfo file, DirectoryInfo into)
    {
        var problems = new List<Problem>();
        if (await Read(file, problems) is not { } manifest)
        {
            Console.Error.WriteLine($"{file.Name} cannot be repeated:");
            foreach (var problem in problems)
                Console.Error.WriteLine($"  {(problem.Pointer.Length == 0 ? "/" : problem.Pointer)}  {problem.Message}");
            return 2;
        }
        await using var services = new ServiceCollection().AddLogging()
            .AddLabData(new ConfigurationBuilder().SetBasePath(AppContext.BaseDirectory).AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables().Build())
            .BuildServiceProvider();
        await services.MigrateLabDatabase();

        var places = await Find(services, manifest.Runs);
        var absent = manifest.Runs.Where(run => !places.ContainsKey(run.Id)).ToList();
        Console.WriteLine($"{manifest.Runs.Count} runs: {places.Count} are here, {absent.Count} {(absent.Count == 1 ? "has" : "have")} to be trained.");
        if (absent.Find(run => run.Plan is null) is { } foreign)
        {
            Console.Error.WriteLine($"{foreign.Name} was trained by another program and is not in this data folder; its points cannot be made again.");
            return 2;
        }
        if (absent.Count > 0)
        {
            var plan = new ExperimentPlan($"Repeat of {Path.GetFileNameWithoutExtension(file.Name)}", [.. absent.Select(run => run.Plan!)], 0, ["repeat"], "");
            var json = new JsonObject { ["name"] = plan.Name, ["runs"] = new JsonArray([.. plan.Runs.Select(run => (JsonNode)run.ToJson())]) };
            if (await RunCommand.Train(plan, json.ToJsonString()) is 130)
                return 130;
            places = await Find(services, manifest.Runs);
        }
        var lost = manifest.Runs.Where(run => !places.ContainsKey(run.Id)).ToList();
        foreach (var run in lost)
            Console.Error.WriteLine($"{run.Name} did not complete.");
        if (places.Count == 0)
            return 1;

        var query = manifest.Query with { Runs = [.. manifest.Runs.Where(run => places.ContainsKey(run.Id)).Select(run => places[run.Id]).Distinct()], Experiments = [] };
        var comparisons = services.GetRequiredService<Comparisons>();
        Comparison comparison;
        try
        {
            comparison = await comparisons.Compare(query);
        }
        catch (ComparisonException fault)
        {
            Console.Error.WriteLine(fault.Message);
            return 1;
        }
        await Write(into, query, comparison, await comparisons.RunsOf(query));
        return Report(manifest.Runs, places, comparison, into) && lost.Count == 0 ? 0 : 1;
    }

    private sealed record Listed(Guid Id, string Name, int Seed, string Hash, RunPlan? Plan, double? FinalScore);

    private sealed record Contents(ComparisonQuery Query, List<Listed> Runs);

    private static async Task<Contents?> Read(FileInfo file, List<Problem> problems)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(await File.ReadAllBytesAsync(file.FullName));
        }
        catch (JsonException error)
        {
            problems.Add(new("", $"It is not JSON: {error.Message}"));
            return null;
        }
        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("kind", out var kind) || kind.ValueKind != JsonValueKind.String || kind.GetString() != ComparisonManifest.Kind)
            {
                problems.Add(new("/kind", $"Expected '{ComparisonManifest.Kind}': the manifest of a comparison."));
                return null;
            }
            if (!root.TryGetProperty("query", out var asked))
                problems.Add(new("/query", "This member is required."));
            var own = new List<Problem>();
            var query = problems.Count == 0 ? ComparisonQuery.Read(asked, own) : null;
            problems.AddRange(own.Select(problem => problem with { Pointer = $"/query{problem.Pointer}" }));
            var runs = new List<Listed>();
            if (!root.TryGetProperty("runs", out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
                problems.Add(new("/runs", "Expected the compared runs."));
            else
                foreach (var (index, run) in list.EnumerateArray().Index())
                    if (ReadRun(run, $"/runs/{index.ToString(CultureInfo.InvariantCulture)}", problems) is { } read)
                        runs.Add(read);
            return problems.Count == 0 ? new(query!, runs) : null;
        }
    }

    private static Listed? ReadRun(JsonElement json, string pointer, List<Problem> problems)
    {
        var before = problems.Count;
        var run = JsonSerializer.SerializeToNode(json) as JsonObject ?? [];
        if (!Guid.TryParse(Text(run["id"]), out var id))
            problems.Add(new($"{pointer}/id", "Expected the id of a run."));
        var hash = Text(run["configurationHash"]) ?? "";
        if (run["seed"] is not JsonValue value || !value.TryGetValue<int>(out var seed))
        {
            problems.Add(new($"{pointer}/seed", "Expected a whole number."));
            return null;
        }
        RunPlan? plan = null;
        if (Text(run["source"]) == Run.SourceLab)
        {
            var own = new List<Problem>();
            plan = json.TryGetProperty("plan", out var written) ? RunPlan.Read(written, own) : null;
            problems.AddRange(own.Select(problem => problem with { Pointer = $"{pointer}/plan{problem.Pointer}" }));
            if (plan is not null && plan.ConfigurationHash != hash)
                problems.Add(new($"{pointer}/configurationHash", "This version of the lab reads the plan as another configuration; use the version that the manifest names under code."));
        }
        var score = run["finalScore"] is JsonValue number && number.TryGetValue<double>(out var final) ? final : (double?)null;
        return problems.Count == before ? new(id, Text(run["name"]) ?? id.ToString(), seed, hash, plan, score) : null;
    }

    // The ids, here, of the manifest's runs: the very run, or one of the same configuration and seed that completed.
    private static async Task<Dictionary<Guid, Guid>> Find(IServiceProvider services, List<Listed> runs)
    {
        await using var lab = await services.GetRequiredService<IDbContextFactory<LabDbContext>>().CreateDbContextAsync();
        var (ids, hashes) = (runs.ConvertAll(run => run.Id), runs.Select(run => run.Hash).Distinct().ToList());
        var here = await lab.Runs.AsNoTracking()
            .Where(run => run.DeletedAt == null && (ids.Contains(run.Id) || (hashes.Contains(run.ConfigurationHash) && run.Status == RunStatus.Completed)))
            .Select(run => new { run.Id, run.ConfigurationHash, run.Seed, run.Source, run.Status }).ToListAsync();
        var places = new Dictionary<Guid, Guid>();
        foreach (var run in runs)
            if ((here.Find(each => each.Id == run.Id && (each.Source == Run.SourceExternal || each.Status == RunStatus.Completed))
                ?? here.Find(each => run.Plan is not null && each.Source == Run.SourceLab && each.ConfigurationHash == run.Hash && each.Seed == run.Seed)) is { } found)
                places[run.Id] = found.Id;
        return places;
    }

    private static async Task Write(DirectoryInfo into, ComparisonQuery query, Comparison comparison, IReadOnlyList<Run> runs)
    {
        into.Create();
        var figure = ComparisonFigure.Of(query, comparison, new FigureView());
        await Save("figure.json", JsonSerializer.Serialize(ComparisonResource.Of(query, comparison), ComparisonManifest.Options) + "\n");
        await Save("figure.csv", ComparisonCsv.Figure(figure));
        await Save("figure.svg", ComparisonSvg.Of(figure));
        await Save("figure.tex", ComparisonTex.Figure(figure));
        await Save("table.tex", ComparisonTex.Table(query, comparison, plusMinus: false));
        await Save("manifest.json", ComparisonManifest.Of(query, comparison, runs).ToJsonString(ComparisonManifest.Options) + "\n");

        Task Save(string name, string content) => File.WriteAllTextAsync(Path.Combine(into.FullName, name), content);
    }

    private static bool Report(List<Listed> runs, Dictionary<Guid, Guid> places, Comparison comparison, DirectoryInfo into)
    {
        if (Console.IsOutputRedirected)
        {
            // A file or pipe gets neither colours nor the width of a terminal that is not there.
            AnsiConsole.Console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
            AnsiConsole.Profile.Width = 200;
        }
        var scores = comparison.Groups.SelectMany(group => group.Runs).ToDictionary(run => run.Id, run => run.RawFinal);
        var table = new Table().Border(TableBorder.Simple).AddColumn("Group").AddColumn(new TableColumn("Runs").RightAligned())
            .AddColumn(new TableColumn("Final score").RightAligned()).AddColumn(new TableColumn("95 % interval").RightAligned());
        foreach (var group in comparison.Groups)
            table.AddRow(
                Markup.Escape(group.Label), $"{group.Final.Count} of {group.Runs.Count}", Short(group.FinalStatistic),
                group.FinalInterval is { } interval ? $"{Short(interval.Low)} to {Short(interval.High)}" : "");
        AnsiConsole.Write(table);
        Console.WriteLine(comparison.Method);
        foreach (var warning in comparison.Warnings)
            Console.WriteLine($"Note: {warning}");
        var different = 0;
        foreach (var run in runs.Where(run => places.ContainsKey(run.Id) && run.FinalScore is not null))
        {
            var again = scores.GetValueOrDefault(places[run.Id]);
            if (again is { } score && BitConverter.DoubleToInt64Bits(score) == BitConverter.DoubleToInt64Bits(run.FinalScore!.Value))
                continue;
            different++;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{run.Name}: {run.FinalScore:R} in the manifest, {(again is null ? "none" : $"{again:R}")} here"));
        }
        var compared = runs.Count(run => run.FinalScore is not null);
        Console.WriteLine(different == 0
            ? $"All {compared} final scores equal those of the manifest to the bit."
            : $"{different} of {compared} final scores differ from those of the manifest.");
        Console.WriteLine($"Figure, tables and manifest: {into.FullName}");
        return different == 0;
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static string Short(double? value) => value?.ToString("0.####", CultureInfo.InvariantCulture) ?? "";
}
