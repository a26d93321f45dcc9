using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Worker;

/// <summary>Writes what random play returns in every environment, for the data sheets.</summary>
internal static class RandomReturnsCommand
{
    private const int Seed = 1;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static int Execute(FileInfo file)
    {
        var returns = new JsonObject();
        foreach (var entry in EnvironmentCatalog.All)
        {
            if (entry.WhyUnavailable() is { } reason)
            {
                Console.WriteLine($"{entry.Id,-28} {reason}");
                continue;
            }
            var play = RandomPlay.Of(entry, Seed);
            returns[entry.Id] = new JsonObject
            {
                ["mean"] = Rounded(play.Mean),
                ["standardDeviation"] = Rounded(play.StandardDeviation),
                ["episodes"] = play.Episodes,
                ["length"] = Rounded(play.Length),
            };
            if (play.Cut > 0)
                returns[entry.Id]!["cut"] = play.Cut;
            Console.WriteLine($"{entry.Id,-28} {play.Mean:G5} ± {play.StandardDeviation:G5}  ({play.Episodes} episodes of {play.Length:G5} steps)");
        }
        var content = new JsonObject { ["command"] = "./lab random-returns", ["seed"] = Seed, ["returns"] = returns };
        File.WriteAllText(file.FullName, content.ToJsonString(Indented) + "\n");
        return 0;
    }

    private static double Rounded(double value) => double.Parse(value.ToString("G5", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
