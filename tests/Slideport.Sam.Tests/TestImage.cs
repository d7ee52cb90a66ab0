using Slideport.Protocol.ImageMetadata;

namespace Slideport.Sam.Tests;

/// <summary>An image as a scanner tells of it.</summary>
internal static class TestImage
{
    internal static ImageMetadata Of(string id) => new()
    {
        ImageId = id,
        SeriesInstanceUid = "1.2.3",
        Barcode = "S26-1",
        ScanTime = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero),
        Instances = [new ImageInstance("1.2.3.1", new string('a', 64), 1000)],
    };
}
