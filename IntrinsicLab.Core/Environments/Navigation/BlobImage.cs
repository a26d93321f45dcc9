namespace IntrinsicLab.Core.Environments.Navigation;

/// <summary>
/// Pictures of 10 × 10 pixels of the square [−1, 1]²: a point becomes a blob, its weight 1 shared bilinearly by the four nearest pixels.
/// Pixel 10 · row + column, rows from the bottom. The L2 distance of two pictures is constant once they are two pixels apart, so pixels
/// tell next to nothing about the way.
/// </summary>
internal static class BlobImage
{
    /// <summary>Pixels along a side.</summary>
    internal const int Side = 10;

    /// <summary>Pixels in all.</summary>
    internal const int Size = Side * Side;

    /// <summary>Adds a blob at a point of [−1, 1]².</summary>
    internal static void Add(Span<float> image, double x, double y)
    {
        var (u, v) = ((x + 1) * 0.5 * (Side - 1), (y + 1) * 0.5 * (Side - 1));
        var (column, row) = (Math.Clamp((int)Math.Floor(u), 0, Side - 2), Math.Clamp((int)Math.Floor(v), 0, Side - 2));
        var (right, up) = (u - column, v - row);
        var corner = Side * row + column;
        image[corner] += (float)((1 - right) * (1 - up));
        image[corner + 1] += (float)(right * (1 - up));
        image[corner + Side] += (float)((1 - right) * up);
        image[corner + Side + 1] += (float)(right * up);
    }

    /// <summary>Where pictures of one blob lie: the mean of their pixels' places, which is the point that was drawn.</summary>
    internal static GoalPlace Places { get; } = new(2, (image, place) =>
    {
        var (sum, x, y) = (0.0, 0.0, 0.0);
        for (var pixel = 0; pixel < image.Length; pixel++)
        {
            sum += image[pixel];
            x += image[pixel] * (pixel % Side);
            y += image[pixel] * (pixel / Side);
        }
        (place[0], place[1]) = sum == 0 ? (0, 0) : ((float)(2 * x / sum / (Side - 1) - 1), (float)(2 * y / sum / (Side - 1) - 1));
    });

    /// <summary>L2 distance of two pictures.</summary>
    internal static double Distance(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        var squares = 0.0;
        for (var pixel = 0; pixel < left.Length; pixel++)
            squares += ((double)left[pixel] - right[pixel]) * ((double)left[pixel] - right[pixel]);
        return Math.Sqrt(squares);
    }

    /// <summary>Draws a picture as cells whose opacity is the pixel's value, lower left corner at (x, y), with a frame.</summary>
    internal static void Draw(List<Shape> shapes, ReadOnlySpan<float> image, double x, double y, string tone)
    {
        shapes.Add(new Shape("line", [x, y, x + Side, y, x + Side, y + Side, x, y + Side, x, y], "ground", 0.1));
        for (var pixel = 0; pixel < image.Length; pixel++)
        {
            if (image[pixel] == 0)
                continue;
            var opacity = Math.Min(1, 0.1 + 0.9 * image[pixel]);
            shapes.Add(new Shape("cells", [x + pixel % Side, y + pixel / Side], tone) { Opacity = opacity });
        }
    }
}
