using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Core.Networks;

/// <summary>The distributions that a policy network's outputs stand for, row by row: categorical for logits, diagonal Gaussian for means.</summary>
/// <param name="outputs">Logits or means, [N, A].</param>
/// <param name="logStandardDeviation">[A] where actions are continuous, else empty.</param>
/// <param name="actions">A.</param>
internal readonly ref struct PolicyRows(ReadOnlySpan<float> outputs, ReadOnlySpan<float> logStandardDeviation, int actions)
{
    private readonly ReadOnlySpan<float> outputs = outputs;
    private readonly ReadOnlySpan<float> logStandardDeviation = logStandardDeviation;

    private int Rows => outputs.Length / actions;

    private bool Continuous => !logStandardDeviation.IsEmpty;

    public void Sample(Rng rng, Span<float> chosen)
    {
        for (var row = 0; row < Rows; row++)
            if (Continuous)
                DiagonalGaussian.Sample(Row(row), logStandardDeviation, rng, chosen.Slice(row * actions, actions));
            else
                chosen[row] = Categorical.Sample(Row(row), rng);
    }

    public void Mode(Span<float> chosen)
    {
        if (Continuous)
            outputs.CopyTo(chosen);
        else
            for (var row = 0; row < Rows; row++)
                chosen[row] = Categorical.Mode(Row(row));
    }

    public float Evaluate(ReadOnlySpan<float> taken, Span<float> negativeLogProbabilities)
    {
        var total = 0f;
        for (var row = 0; row < Rows; row++)
        {
            var (negativeLogProbability, entropy) = Continuous
                ? DiagonalGaussian.Evaluate(Row(row), logStandardDeviation, taken.Slice(row * actions, actions))
                : Categorical.Evaluate(Row(row), (int)taken[row]);
            negativeLogProbabilities[row] = negativeLogProbability;
            total += entropy;
        }
        return total / Rows;
    }

    /// <summary>Gradient with respect to the outputs; that of the log-standard-deviation is added to its span.</summary>
    public void Gradient(
        ReadOnlySpan<float> taken, ReadOnlySpan<float> nlpGradient, float entropyGradient, Span<float> outputGradient, Span<float> deviationGradient)
    {
        for (var row = 0; row < Rows; row++)
        {
            var target = outputGradient.Slice(row * actions, actions);
            if (Continuous)
                DiagonalGaussian.Gradient(
                    Row(row), logStandardDeviation, taken.Slice(row * actions, actions), nlpGradient[row], entropyGradient / Rows, target,
                    deviationGradient);
            else
                Categorical.Gradient(Row(row), (int)taken[row], nlpGradient[row], entropyGradient / Rows, target);
        }
    }

    private ReadOnlySpan<float> Row(int row) => outputs.Slice(row * actions, actions);
}
