namespace IntrinsicLab.Core.Formulas;

/// <summary>Linear least squares with a penalty on the weights.</summary>
/// <param name="features">K, values of one row.</param>
/// <remarks>Rows are taken in one by one, so that the matrix of all of them is never held.</remarks>
public sealed class RidgeRegression(int features)
{
    private readonly double[] gram = new double[features * features];
    private readonly double[] moments = new double[features];

    /// <summary>Forgets all rows.</summary>
    public void Clear()
    {
        Array.Clear(gram);
        Array.Clear(moments);
    }

    /// <summary>Takes a row in.</summary>
    /// <param name="row">f, [K].</param>
    /// <param name="target">y.</param>
    public void Add(ReadOnlySpan<double> row, double target)
    {
        for (var i = 0; i < features; i++)
        {
            var value = row[i];
            var line = gram.AsSpan(i * features, i + 1);
            moments[i] += value * target;
            if (value == 0)
                continue;
            for (var j = 0; j < line.Length; j++)
                line[j] += value * row[j];
        }
    }

    /// <summary>
    /// The weights w with (FᵀF + ridge·I)·w = Fᵀy, by Cholesky's factors. Where these fail, the ridge is raised tenfold, five times at most.
    /// </summary>
    /// <param name="ridge">Penalty on the squared weights.</param>
    /// <param name="weights">Receives w, [K]; not finite where the rows or targets are not.</param>
    public void Solve(double ridge, Span<double> weights)
    {
        var factor = new double[gram.Length];
        for (var attempt = 0; attempt < 5; attempt++, ridge *= 10)
        {
            if (!Factorise(factor, ridge))
                continue;
            for (var i = 0; i < features; i++)
            {
                var sum = moments[i];
                for (var j = 0; j < i; j++)
                    sum -= factor[i * features + j] * weights[j];
                weights[i] = sum / factor[i * features + i];
            }
            for (var i = features - 1; i >= 0; i--)
            {
                var sum = weights[i];
                for (var j = i + 1; j < features; j++)
                    sum -= factor[j * features + i] * weights[j];
                weights[i] = sum / factor[i * features + i];
            }
            return;
        }
        weights.Fill(double.NaN);
    }

    // L with L·Lᵀ = FᵀF + ridge·I, in the lower triangle.
    private bool Factorise(double[] factor, double ridge)
    {
        for (var i = 0; i < features; i++)
            for (var j = 0; j <= i; j++)
            {
                var sum = gram[i * features + j] + (i == j ? ridge : 0);
                for (var k = 0; k < j; k++)
                    sum -= factor[i * features + k] * factor[j * features + k];
                if (i > j)
                    factor[i * features + j] = sum / factor[j * features + j];
                else if (sum > 0 && double.IsFinite(sum))
                    factor[i * features + i] = Math.Sqrt(sum);
                else
                    return false;
            }
        return true;
    }
}
