using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// The linear feature baseline of rllab (Duan, Chen, Houthooft, Schulman and Abbeel 2016): least squares on [o, o², τ, τ², τ³, 1], with o the
/// observation clipped to ±10 and τ the step of the episode divided by 100. It has nothing to tune and knows the time.
/// </summary>
public sealed class LinearFeatureBaseline : IBaseline
{
    private const double Ridge = 1e-5;

    private readonly int observationSize;
    private readonly RidgeRegression regression;
    private readonly double[] row;
    private readonly double[] weights;

    /// <summary>Makes one that expects 0.</summary>
    /// <param name="observationSize">Values of one observation, O.</param>
    public LinearFeatureBaseline(int observationSize)
    {
        this.observationSize = observationSize;
        var features = 2 * observationSize + 4;
        (regression, row, weights) = (new RidgeRegression(features), new double[features], new double[features]);
    }

    /// <summary>The features of one step.</summary>
    /// <param name="observation">[O].</param>
    /// <param name="time">Steps of the episode before it.</param>
    /// <param name="features">Receives them, [2·O + 4].</param>
    public static void Features(ReadOnlySpan<float> observation, int time, Span<double> features)
    {
        var size = observation.Length;
        for (var i = 0; i < size; i++)
        {
            var clipped = Math.Clamp((double)observation[i], -10, 10);
            (features[i], features[size + i]) = (clipped, clipped * clipped);
        }
        var scaled = time / 100.0;
        features[2 * size] = scaled;
        features[2 * size + 1] = scaled * scaled;
        features[2 * size + 2] = scaled * scaled * scaled;
        features[2 * size + 3] = 1;
    }

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<float> observations, ReadOnlySpan<int> times, Span<double> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            Features(observations.Slice(i * observationSize, observationSize), times[i], row);
            values[i] = ConjugateGradient.Dot<double>(row, weights);
        }
    }

    /// <inheritdoc/>
    public void Fit(ReadOnlySpan<float> observations, ReadOnlySpan<int> times, ReadOnlySpan<double> targets)
    {
        regression.Clear();
        for (var i = 0; i < targets.Length; i++)
        {
            Features(observations.Slice(i * observationSize, observationSize), times[i], row);
            regression.Add(row, targets[i]);
        }
        regression.Solve(Ridge, weights);
    }

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer) => writer.Write<double>(weights);

    /// <inheritdoc/>
    public void Load(CheckpointReader reader) => reader.ReadInto<double>(weights);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
