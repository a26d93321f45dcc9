using System.Text.Json;

namespace IntrinsicLab.Core.Experiments;

/// <summary>A fault in a file of a folder of plans.</summary>
/// <param name="File">Name of the file.</param>
/// <param name="Problem">What is wrong, and where in it.</param>
public sealed record FileProblem(string File, Problem Problem);

/// <summary>The published figures that a folder of plans repeats: those plans that have the member <see cref="Reproduction.Member"/>.</summary>
/// <param name="All">In the order of their files' names.</param>
/// <param name="Problems">Every fault of every file; a faulty entry is left out, the others stay.</param>
public sealed record ReproductionCatalog(IReadOnlyList<Reproduction> All, IReadOnlyList<FileProblem> Problems)
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>The entry with this id, or null.</summary>
    public Reproduction? Find(string id) => All.FirstOrDefault(entry => entry.Id == id);

    /// <summary>Reads every <c>*.json</c> of a folder; one that is not there has no figures.</summary>
    public static ReproductionCatalog Read(string folder)
    {
        var (all, problems) = (new List<Reproduction>(), new List<FileProblem>());
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json") : [];
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(file);
            var found = new List<Problem>();
            if (ReadFile(file, found) is { } entry)
                if (all.Any(other => other.Id == entry.Id))
                    found.Add(new($"/{Reproduction.Member}/id", $"Another file has the figure '{entry.Id}'."));
                else
                    all.Add(entry);
            problems.AddRange(found.Select(problem => new FileProblem(name, problem)));
        }
        return new ReproductionCatalog(all, problems);
    }

    private static Reproduction? ReadFile(string file, List<Problem> problems)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(file), Lenient);
            if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(Reproduction.Member, out _))
                return Reproduction.Read(json.RootElement, problems);
        }
        catch (JsonException error)
        {
            problems.Add(new("", $"This is not JSON: {error.Message}"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problems.Add(new("", $"This file cannot be read: {error.Message}"));
        }
        return null;
    }
}
