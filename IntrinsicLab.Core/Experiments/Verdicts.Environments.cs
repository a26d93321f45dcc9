namespace IntrinsicLab.Core.Experiments;

public static partial class Verdicts
{
    // In how many environments it holds. Each was judged for itself, with p adjusted over all tests of the figure.
    private static ExpectationVerdict OverEnvironments(Expectation expectation, IReadOnlyList<ExpectationVerdict> parts)
    {
        int Count(Verdict verdict) => parts.Count(part => part.Verdict == verdict);
        var needed = expectation.Scope == EnvironmentScope.All ? parts.Count : parts.Count / 2 + 1;
        var isComplete = parts.All(part => part.IsComplete);
        var verdict = Count(Verdict.NotRun) == parts.Count ? Verdict.NotRun
            : !isComplete ? Verdict.Undecided
            : Count(Verdict.Holds) >= needed ? Verdict.Holds
            : parts.Count - Count(Verdict.DoesNotHold) < needed ? Verdict.DoesNotHold
            : Verdict.Undecided;
        string Where(Verdict wanted) => string.Join(", ", parts.Where(part => part.Verdict == wanted).Select(part => part.Expectation.Environment));
        string[] found =
        [
            .. Count(Verdict.Holds) > 0 ? [$"holds on {Where(Verdict.Holds)}"] : Array.Empty<string>(),
            .. Count(Verdict.DoesNotHold) > 0 ? [$"does not hold on {Where(Verdict.DoesNotHold)}"] : Array.Empty<string>(),
            .. Count(Verdict.Undecided) > 0 ? [$"is undecided on {Where(Verdict.Undecided)}"] : Array.Empty<string>(),
            .. Count(Verdict.NotRun) > 0 ? [$"was not run on {Where(Verdict.NotRun)}"] : Array.Empty<string>(),
        ];
        var alone = parts.Any(part => part.Verdict == Verdict.Holds && part.AdjustedP >= Level)
            ? " Where p is not below 0.05, so few seeds could not make it so over all tests of the figure, and the interval alone decides." : "";
        var waits = isComplete ? "" : " A verdict waits for every planned seed of every environment.";
        return new ExpectationVerdict(
            expectation, verdict,
            verdict == Verdict.NotRun ? "No run has a score yet." : $"It {string.Join("; ", found)}. It takes {needed} of {parts.Count} environments.{alone}{waits}",
            verdict == Verdict.NotRun ? null : Count(Verdict.Holds), null, needed, null, null, null, null, null, parts.Sum(part => part.Seeds), parts.Sum(part => part.OtherSeeds), null)
        {
            IsComplete = isComplete,
            Parts = parts,
        };
    }
}
