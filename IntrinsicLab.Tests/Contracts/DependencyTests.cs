using System.Text.RegularExpressions;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Contracts;

public partial class DependencyTests
{
    private static readonly Dictionary<string, string[]> ProjectsSeenBy = new()
    {
        ["IntrinsicLab.Torch"] = [],
        ["IntrinsicLab.Core"] = [],
        ["IntrinsicLab.Data"] = ["IntrinsicLab.Core"],
        ["IntrinsicLab.Worker"] = ["IntrinsicLab.Core", "IntrinsicLab.Data"],
        ["IntrinsicLab.Web"] = ["IntrinsicLab.Core", "IntrinsicLab.Data", "IntrinsicLab.Worker"],
    };

    private static readonly Dictionary<string, string[]> FoldersOfCoreSeenBy = new()
    {
        ["Environments"] =
        [
            "Environments", "Environments.Wrappers", "Environments.Classic", "Environments.GridWorlds", "Environments.MinAtar", "Environments.Mujoco",
            "Environments.Navigation", "Environments.External", "Experiments", "Formulas",
        ],
        ["Analyses"] = ["Analyses", "Algorithms", "Environments", "Environments.GridWorlds", "Formulas", "Networks", "Statistics"],
        ["Bandits"] = ["Bandits", "Formulas", "Statistics"],
        ["Formulas"] = ["Formulas"],
        ["Networks"] = ["Networks", "Formulas"],
        ["Optimizers"] = ["Optimizers", "Formulas"],
        ["Algorithms"] = ["Algorithms", "Environments", "Environments.Wrappers", "Experiments", "Formulas", "Networks", "Optimizers", "Statistics"],
        ["Statistics"] = ["Statistics"],
        ["Experiments"] = ["Experiments", "Algorithms", "Environments", "Environments.Wrappers", "Statistics"],
        ["Search"] = ["Search", "Experiments", "Algorithms", "Environments", "Environments.Wrappers", "Statistics"],
    };

    [Fact]
    public void Projects_SeeEachOtherInOneDirection()
    {
        foreach (var (project, seen) in ProjectsSeenBy)
            foreach (var (file, used) in Usings(project).Where(pair => pair.Used.StartsWith("IntrinsicLab.", StringComparison.Ordinal)))
            {
                var other = string.Join('.', used.Split('.').Take(2));
                Assert.True(other == project || seen.Contains(other), $"{file} uses {used}, but {project} may see only {string.Join(", ", seen)}.");
            }
    }

    [Fact]
    public void FoldersOfCore_SeeEachOtherAsDesigned()
    {
        foreach (var (file, used) in Usings("IntrinsicLab.Core").Where(pair => pair.Used.StartsWith("IntrinsicLab.Core.", StringComparison.Ordinal)))
        {
            var parts = file.Split('/');
            if (parts.Length < 3)
                continue;
            var folder = parts[1];
            var other = used["IntrinsicLab.Core.".Length..];
            Assert.True(FoldersOfCoreSeenBy[folder].Contains(other), $"{file} uses {used}, which {folder} may not see.");
        }
    }

    [Fact]
    public void Core_KnowsNoHost()
    {
        foreach (var (file, used) in Usings("IntrinsicLab.Core"))
            Assert.False(used.StartsWith("Microsoft.", StringComparison.Ordinal), $"{file} uses {used}; Core knows no database, logger or web.");
    }

    [Fact]
    public void Core_HasNoAmbientClockOrRandomness()
    {
        var banned = BannedInCore();
        foreach (var file in Files("IntrinsicLab.Core"))
            foreach (var (number, line) in File.ReadLines(Path.Combine(Repository.Root, file)).Index())
                Assert.False(banned.IsMatch(line), $"{file}:{number + 1} uses an ambient clock or generator: {line.Trim()}");
    }

    private static IEnumerable<string> Files(string project) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, project), "*.*", SearchOption.AllDirectories)
            .Where(file => file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".razor", StringComparison.Ordinal))
            .Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    private static IEnumerable<(string File, string Used)> Usings(string project) =>
        from file in Files(project)
        from line in File.ReadLines(Path.Combine(Repository.Root, file))
        let match = Using().Match(line)
        where match.Success
        select (file, match.Groups[1].Value);

    [GeneratedRegex(@"^\s*@?(?:global )?using (?:static )?(?:\w+ = )?([A-Za-z0-9_.]+);?\s*$")]
    private static partial Regex Using();

    [GeneratedRegex(@"\bnew Random\(|\bRandom\.Shared\b|\bDateTime(Offset)?\.(Utc)?Now\b|\bGuid\.NewGuid\b|\bStopwatch\b|torch\.(rand|randn|randint|manual_seed)\(")]
    private static partial Regex BannedInCore();
}
