using System.Text.Json;
using IntrinsicLab.Core.Statistics;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Statistics;

/// <summary>Every section of the recorded statistics.</summary>
public class StatisticsGoldenTests
{
    private const double Tolerance = 1e-9;

    public static TheoryData<int> Files => [.. Enumerable.Range(0, GoldenFiles.Holding("stratified_bootstrap_percentile").Count())];

    private static readonly Dictionary<string, Aggregate> Metrics = new()
    {
        ["mean"] = Aggregate.Mean,
        ["median_of_task_means"] = Aggregate.Median,
        ["iqm"] = Aggregate.Iqm,
        ["optimality_gap"] = Aggregate.OptimalityGap,
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void Aggregates_OfTables_AreTheRecordedOnes(int file)
    {
        var golden = Read(file);
        foreach (var expected in golden.GetProperty("aggregates").EnumerateObject())
        {
            var table = Table(golden, expected.Name);
            foreach (var (name, aggregate) in Metrics)
                Close(expected.Value.GetProperty(name == "optimality_gap" ? "optimality_gap_gamma_1" : name), Aggregates.Of(aggregate, table));
            var flat = new double[table.Count];
            table.CopyTo(flat);
            Close(expected.Value.GetProperty("optimality_gap_gamma_0_5"), Aggregates.OptimalityGap(flat, 0.5));
            for (var task = 0; task < table.Tasks; task++)
            {
                var band = SeedBand.Of(table[task]);
                foreach (var (name, value) in new[]
                {
                    ("task_means", band.Mean), ("task_sd_n_minus_1", band.StandardDeviation), ("task_sem", band.StandardError),
                    ("task_iqm", band.Iqm), ("task_min", band.Minimum), ("task_max", band.Maximum),
                })
                    Close(expected.Value.GetProperty(name)[task], value);
            }
        }
        foreach (var row in golden.GetProperty("iqm_small_n").EnumerateArray())
            Close(row.GetProperty("expected"), Aggregates.InterquartileMean(Numbers(row.GetProperty("values"))));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void ProbabilityOfImprovement_OfTables_IsTheRecordedOne(int file)
    {
        var golden = Read(file);
        foreach (var row in golden.GetProperty("probability_of_improvement").EnumerateArray())
        {
            var (x, y) = (Table(golden, row.GetProperty("x").GetString()!), Table(golden, row.GetProperty("y").GetString()!));
            Close(row.GetProperty("expected"), ProbabilityOfImprovement.Of(x, y));
            Assert.Equal(1, ProbabilityOfImprovement.Of(x, y) + ProbabilityOfImprovement.Of(y, x), Tolerance);
            for (var task = 0; task < x.Tasks; task++)
                Close(row.GetProperty("per_task")[task], ProbabilityOfImprovement.Of(x[task], y[task]));
        }
        var own = golden.GetProperty("probability_of_improvement_library_self_test");
        Close(own.GetProperty("expected"), ProbabilityOfImprovement.Of(Table(own.GetProperty("x")), Table(own.GetProperty("y"))));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void PerformanceProfile_OfTables_IsTheRecordedOne(int file)
    {
        var golden = Read(file);
        var expected = golden.GetProperty("performance_profile");
        foreach (var name in new[] { "A", "B" })
        {
            Close(expected.GetProperty("run_score").GetProperty(name), PerformanceProfile.OfRuns(Table(golden, name), Numbers(expected.GetProperty("tau"))));
            Close(
                expected.GetProperty("mean_score").GetProperty(name),
                PerformanceProfile.OfTaskMeans(Table(golden, name), Numbers(expected.GetProperty("mean_score_tau"))));
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void SplitMix64_Draws_AreTheRecordedOnes(int file)
    {
        var expected = Read(file).GetProperty("prng");
        var seed = expected.GetProperty("seed").GetUInt64();
        var generator = new SplitMix64(seed);
        foreach (var (index, output) in expected.GetProperty("first_outputs_decimal_strings").EnumerateArray().Index())
        {
            Assert.Equal(output.GetString(), SplitMix64.After(seed, (ulong)index).Next().ToString());
            Assert.Equal(output.GetString(), generator.Next().ToString());
        }
        generator = new SplitMix64(seed);
        foreach (var draw in expected.GetProperty("first_20_below_5").EnumerateArray())
            Assert.Equal(draw.GetInt32(), generator.Below(5));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Bootstrap_OfTables_GivesTheRecordedReplicatesAndBounds(int file)
    {
        var golden = Read(file);
        var section = golden.GetProperty("stratified_bootstrap_percentile");
        var reference = golden.GetProperty("stratified_bootstrap_monte_carlo_reference");
        foreach (var table in section.GetProperty("results").EnumerateObject())
            foreach (var metric in table.Value.EnumerateObject())
            {
                var scores = Table(golden, table.Name);
                var replicates = Bootstrap.Replicates(Metrics[metric.Name], scores, 2000, 42);
                Close(metric.Value.GetProperty("first_5_replicates"), replicates[..5]);
                Close(metric.Value.GetProperty("ci95"), Bootstrap.Bounds(BootstrapInterval.Percentile, replicates, 0, 0.95));

                var many = Bootstrap.Bounds(BootstrapInterval.Percentile, Bootstrap.Replicates(Metrics[metric.Name], scores, 50_000, 1), 0, 0.95);
                var bounds = Numbers(reference.GetProperty("ci95").GetProperty(table.Name).GetProperty(metric.Name));
                var near = reference.GetProperty("tolerance_abs_for_50000_reps").GetDouble();
                Assert.Equal(bounds[0], many.Low, near);
                Assert.Equal(bounds[1], many.High, near);
            }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Bootstrap_EnumeratedInFull_HasTheRecordedMoments(int file)
    {
        var section = Read(file).GetProperty("bootstrap_exact_enumeration");
        var sample = Numbers(section.GetProperty("sample"));
        foreach (var (name, aggregate) in new[] { ("mean", Aggregate.Mean), ("iqm", Aggregate.Iqm) })
        {
            var all = Enumerable.Range(0, 256)
                .Select(code => Aggregates.Of(aggregate, ScoreTable.Of([.. Enumerable.Range(0, 4).Select(place => sample[code >> (2 * place) & 3])]))).ToArray();
            Close(section.GetProperty(name).GetProperty("expected_value"), all.Average());
            Close(section.GetProperty(name).GetProperty("ci95_type7_over_all_256"), Bootstrap.Bounds(BootstrapInterval.Percentile, all, 0, 0.95));

            // Drawn at random the same 256 come up, and their mean approaches the enumerated one.
            var drawn = Bootstrap.Replicates(aggregate, ScoreTable.Of(sample), 100_000, 9);
            Assert.Empty(drawn.Except(all));
            Assert.Equal(all.Average(), drawn.Average(), 4 * section.GetProperty(name).GetProperty("sd_population").GetDouble() / Math.Sqrt(100_000));
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Bootstrap_Intervals_AreTheRecordedOnes(int file)
    {
        var section = Read(file).GetProperty("bootstrap_interval_methods");
        var sample = Numbers(section.GetProperty("sample"));
        var replicates = Bootstrap.Replicates(Aggregate.Mean, ScoreTable.Of(sample), 2000, section.GetProperty("seed").GetUInt64());
        var estimate = sample.Average();
        var leftOut = sample.Index().Select(one => sample.Where((_, index) => index != one.Index).Average()).ToArray();
        Close(section.GetProperty("percentile"), Bootstrap.Bounds(BootstrapInterval.Percentile, replicates, estimate, 0.95));
        Close(section.GetProperty("basic"), Bootstrap.Bounds(BootstrapInterval.Basic, replicates, estimate, 0.95));
        Close(section.GetProperty("bc"), Bootstrap.Bounds(BootstrapInterval.BiasCorrected, replicates, estimate, 0.95));
        Close(section.GetProperty("bca"), Bootstrap.Bounds(BootstrapInterval.Bca, replicates, estimate, 0.95, leftOut));
        Close(section.GetProperty("z0"), Bootstrap.Bias([.. replicates.Order()], estimate));
        Close(section.GetProperty("acceleration"), Bootstrap.Acceleration(leftOut));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Bootstrap_OfTwoGroups_GivesTheRecordedReplicatesAndBounds(int file)
    {
        var golden = Read(file);
        var difference = golden.GetProperty("bootstrap_difference_of_means");
        var (x, y) = (Numbers(difference.GetProperty("x")), Numbers(difference.GetProperty("y")));
        var replicates = Bootstrap.ReplicatesOfDifference(
            Aggregate.Mean, ScoreTable.Of(x), ScoreTable.Of(y), 2000, difference.GetProperty("seed").GetUInt64());
        Close(difference.GetProperty("first_3_replicates"), replicates[..3]);
        Close(difference.GetProperty("ci95"), Bootstrap.Bounds(BootstrapInterval.Percentile, replicates, 0, 0.95));

        var improvement = golden.GetProperty("bootstrap_probability_of_improvement");
        replicates = Bootstrap.ReplicatesOfImprovement(Table(golden, "A"), Table(golden, "B"), 2000, improvement.GetProperty("seed").GetUInt64());
        Close(improvement.GetProperty("first_3_replicates"), replicates[..3]);
        Close(improvement.GetProperty("ci95"), Bootstrap.Bounds(BootstrapInterval.Percentile, replicates, 0, 0.95));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Bootstrap_OfWholeCurves_GivesTheRecordedBand(int file)
    {
        var section = Read(file).GetProperty("sample_efficiency_curve");
        var runs = section.GetProperty("scores_run_task_checkpoint").EnumerateArray().Select(run => run.EnumerateArray().Select(Numbers).ToArray()).ToArray();
        var tasks = Enumerable.Range(0, 2).Select(task => (IReadOnlyList<double[]>)[.. runs.Select(run => run[task])]).ToArray();
        var band = Bootstrap.Band(Aggregate.Iqm, tasks, 0.95, 2000, section.GetProperty("seed").GetUInt64());

        foreach (var (place, expected) in section.GetProperty("pointwise_ci95_whole_curves_resampled").EnumerateArray().Index())
            Close(expected, band[place]!.Value);
        foreach (var (place, expected) in section.GetProperty("iqm_per_checkpoint").EnumerateArray().Index())
            Close(expected, Aggregates.Of(Aggregate.Iqm, new ScoreTable(tasks.Select(task => task.Select(curve => curve[place]).ToArray()))));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void TwoGroups_Tests_GiveTheRecordedNumbers(int file)
    {
        foreach (var row in Read(file).GetProperty("two_sample_tests").EnumerateArray())
        {
            var (x, y) = (Numbers(row.GetProperty("x")), Numbers(row.GetProperty("y")));
            var (welch, expected) = (WelchTest.Of(x, y)!, row.GetProperty("welch"));
            Close(expected.GetProperty("mean_difference"), welch.Difference);
            Close(expected.GetProperty("standard_error"), welch.StandardError);
            Close(expected.GetProperty("t"), welch.T);
            Close(expected.GetProperty("degrees_of_freedom"), welch.DegreesOfFreedom);
            Close(expected.GetProperty("p_two_sided"), welch.P);
            Close(expected.GetProperty("ci95"), welch.Interval);
            Close(expected.GetProperty("t_critical_975"), StudentT.Quantile(0.975, welch.DegreesOfFreedom));

            var (permutation, splits) = (PermutationTest.Of(x, y)!, row.GetProperty("permutation_mean_difference_exact"));
            Assert.True(permutation.Exact);
            Assert.Equal((splits.GetProperty("as_or_more_extreme").GetInt32(), splits.GetProperty("total").GetInt32()), (permutation.AsExtreme, permutation.Splits));
            Close(splits.GetProperty("p_two_sided"), permutation.P);

            var (ranks, mannWhitney) = (MannWhitneyTest.Of(x, y)!, row.GetProperty("mann_whitney"));
            Close(mannWhitney.GetProperty("u_x"), ranks.U);
            Close(mannWhitney.GetProperty("p_two_sided_exact_by_enumeration"), ranks.P);

            var effects = row.GetProperty("effect_sizes");
            Close(effects.GetProperty("vargha_delaney_a12"), ProbabilityOfImprovement.Of(x, y));
            Close(effects.GetProperty("cliffs_delta"), EffectSizes.CliffsDelta(x, y));
            Close(effects.GetProperty("cohens_d_pooled"), EffectSizes.CohensD(x, y));
            Close(effects.GetProperty("hedges_g_approx"), EffectSizes.HedgesG(x, y));
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void MultipleComparisons_Adjusted_AreTheRecordedOnes(int file)
    {
        var section = Read(file).GetProperty("multiple_comparisons");
        Close(section.GetProperty("holm_adjusted"), MultipleComparisons.Holm(Numbers(section.GetProperty("p"))));
        Close(section.GetProperty("benjamini_hochberg_adjusted"), MultipleComparisons.BenjaminiHochberg(Numbers(section.GetProperty("p"))));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void StudentT_Quantiles_AreTheRecordedOnes(int file)
    {
        foreach (var row in Read(file).GetProperty("t_critical_975").EnumerateObject())
            Close(row.Value, StudentT.Quantile(0.975, int.Parse(row.Name)));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void SeedBand_OfFewSeeds_IsTheRecordedOne(int file)
    {
        foreach (var row in Read(file).GetProperty("seed_band").EnumerateArray())
        {
            var (band, expected) = (SeedBand.Of(Numbers(row.GetProperty("values"))), row.GetProperty("expected"));
            Assert.Equal(expected.GetProperty("n").GetInt32(), band.Count);
            foreach (var (name, value) in new[]
            {
                ("mean", band.Mean), ("sd", band.StandardDeviation), ("sem", band.StandardError), ("min", band.Minimum), ("max", band.Maximum), ("iqm", band.Iqm),
            })
                Close(expected.GetProperty(name), value);
            Assert.Equal(expected.GetProperty("ci95_t").ValueKind == JsonValueKind.Null, band.StudentInterval is null);
            if (band.StudentInterval is { } interval)
                Close(expected.GetProperty("ci95_t"), interval);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Curves_AlignedAndIntegrated_AreTheRecordedOnes(int file)
    {
        var golden = Read(file);
        var area = golden.GetProperty("area_under_curve");
        var (x, y) = (Numbers(area.GetProperty("x")), Numbers(area.GetProperty("y")));
        Close(area.GetProperty("normalised_by_x_range"), AreaUnderCurve.Mean(x, y));
        Close(area.GetProperty("truncated_normalised_at_x_5000"), AreaUnderCurve.Mean(x, y, end: 5000));

        var alignment = golden.GetProperty("curve_alignment");
        var grid = Numbers(alignment.GetProperty("grid"));
        foreach (var (name, interpolation) in new[] { ("linear", Interpolation.Linear), ("previous_value_hold", Interpolation.PreviousValue) })
        {
            var aligned = alignment.GetProperty("curves").EnumerateArray()
                .Select(curve => CurveAlignment.OnGrid(Numbers(curve.GetProperty("x")), Numbers(curve.GetProperty("y")), grid, interpolation)).ToArray();
            foreach (var (place, expected) in alignment.GetProperty(name).EnumerateArray().Index())
            {
                Close(expected.GetProperty("values"), [.. aligned.Select(curve => curve[place])]);
                var band = SeedBand.Of([.. aligned.Select(curve => curve[place]).Where(value => !double.IsNaN(value))]);
                Assert.Equal(expected.GetProperty("n").GetInt32(), band.Count);
                Close(expected.GetProperty("mean"), band.Mean);
                Close(expected.GetProperty("sem"), band.StandardError);
            }
        }

        var binning = golden.GetProperty("episode_binning");
        foreach (var bin in binning.GetProperty("bins").EnumerateArray())
        {
            double[] means = [.. binning.GetProperty("episodes").EnumerateArray()
                .Select(seed => CurveAlignment.InBins(Numbers(seed.GetProperty("x")), Numbers(seed.GetProperty("y")), Numbers(bin.GetProperty("bin")))[0])];
            Close(bin.GetProperty("per_seed_mean"), means);
            Close(bin.GetProperty("mean_over_seeds"), means.Average());
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Smoothing_OfACurveWithAGap_IsTheRecordedOne(int file)
    {
        var golden = Read(file);
        var section = golden.GetProperty("smoothing");
        var (x, y) = (Numbers(section.GetProperty("x")), Numbers(section.GetProperty("y")));
        Close(section.GetProperty("ema_debiased_weight_0_6"), Smoothing.Exponential(y, 0.6));
        Close(section.GetProperty("ema_debiased_weight_0_9"), Smoothing.Exponential(y, 0.9));
        Close(section.GetProperty("ema_debiased_weight_0"), Smoothing.Exponential(y, 0));
        Close(section.GetProperty("ema_constant_series_weight_0_99"), Smoothing.Exponential([5, 5, 5, 5], 0.99));
        Close(section.GetProperty("centred_window_3"), Smoothing.Centred(y, 3));
        Close(section.GetProperty("trailing_window_3"), Smoothing.Trailing(y, 3));
        Close(section.GetProperty("gaussian_sigma_1"), Smoothing.Gaussian(x, y, 1));
        var timed = section.GetProperty("time_weighted");
        (x, y) = (Numbers(timed.GetProperty("x")), Numbers(timed.GetProperty("y")));
        Close(timed.GetProperty("expected"), Smoothing.TimeWeighted(x, y, 0.6, x[^1] - x[0], 1000));
        Close(timed.GetProperty("parameter_0_99_viewport_scale_10"), Smoothing.TimeWeighted(x, y, 0.99, x[^1] - x[0], 10));

        var order = golden.GetProperty("smoothing_order");
        var seeds = order.GetProperty("seeds").EnumerateArray().Select(Numbers).ToArray();
        var smoothed = seeds.Select(seed => Smoothing.Exponential(seed, 0.6)).ToArray();
        Close(order.GetProperty("iqm_of_smoothed"), Across(smoothed, Aggregate.Iqm));
        Close(order.GetProperty("smoothed_iqm"), Smoothing.Exponential(Across(seeds, Aggregate.Iqm), 0.6));
        Close(order.GetProperty("mean_of_smoothed"), Across(smoothed, Aggregate.Mean));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Downsampling_OfACurve_KeepsTheRecordedPoints(int file)
    {
        var section = Read(file).GetProperty("downsampling");
        var (x, y) = (Numbers(section.GetProperty("x")), Numbers(section.GetProperty("y")));
        Assert.Equal(Indices(section, "lttb_8_indices"), Downsampling.LargestTriangles(x, y, 8));
        Assert.Equal(Indices(section, "lttb_5_indices"), Downsampling.LargestTriangles(x, y, 5));
        Assert.Equal(Indices(section, "m4_4_columns_indices"), Downsampling.M4(x, y, 4));
        Assert.Equal(Indices(section, "minmax_bin_width_4_indices"), Downsampling.MinMax(x, y, 4));
        Assert.Equal(Indices(section, "minmax_bin_width_4_indices_first_18_points"), Downsampling.MinMax(x.AsSpan(0, 18), y.AsSpan(0, 18), 4));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Rates_NormalisedAndBounded_AreTheRecordedOnes(int file)
    {
        var golden = Read(file);
        foreach (var row in golden.GetProperty("human_normalised").GetProperty("cases").EnumerateArray())
            Close(
                row.GetProperty("expected"),
                Normalisation.Between(row.GetProperty("score").GetDouble(), row.GetProperty("random").GetDouble(), row.GetProperty("human").GetDouble()));
        foreach (var row in golden.GetProperty("success_rate_wilson_95").EnumerateArray())
            Close(row.GetProperty("ci95"), SuccessRate.Wilson(row.GetProperty("successes").GetInt32(), row.GetProperty("n").GetInt32()));
    }

    private static JsonElement Read(int file) => GoldenFiles.Holding("stratified_bootstrap_percentile").ElementAt(file);

    private static ScoreTable Table(JsonElement golden, string name) => Table(golden.GetProperty("scores").GetProperty(name));

    private static ScoreTable Table(JsonElement rows)
    {
        var runs = rows.EnumerateArray().Select(Numbers).ToArray();
        return new ScoreTable(Enumerable.Range(0, runs[0].Length).Select(task => runs.Select(run => run[task]).ToArray()));
    }

    private static double[] Across(double[][] seeds, Aggregate aggregate) =>
        [.. Enumerable.Range(0, seeds[0].Length).Select(place => Aggregates.Of(aggregate, ScoreTable.Of([.. seeds.Select(seed => seed[place])])))];

    private static double[] Numbers(JsonElement array) =>
        [.. array.EnumerateArray().Select(value => value.ValueKind == JsonValueKind.Null ? double.NaN : value.GetDouble())];

    private static int[] Indices(JsonElement section, string name) => [.. section.GetProperty(name).EnumerateArray().Select(value => value.GetInt32())];

    private static void Close(JsonElement expected, double? actual)
    {
        if (expected.ValueKind == JsonValueKind.Null)
            Assert.Null(actual);
        else
            Assert.Equal(expected.GetDouble(), actual!.Value, Tolerance);
    }

    private static void Close(JsonElement expected, Interval actual) => Close(expected, [actual.Low, actual.High]);

    private static void Close(JsonElement expected, double[] actual)
    {
        var numbers = Numbers(expected);
        Assert.Equal(numbers.Length, actual.Length);
        foreach (var (left, right) in numbers.Zip(actual))
            Assert.True(double.IsNaN(left) ? double.IsNaN(right) : Math.Abs(left - right) <= Tolerance, $"Expected {left}, got {right}.");
    }
}
