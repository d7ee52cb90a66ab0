using System.Globalization;
using Slideport.Slides.DicomWsi.Writing;
using Slideport.Slides.Svs;

namespace Slideport.Scanner.Slides;

/// <summary>Label and overview of a slide that never had any.</summary>
internal static class SlidePictures
{
    private const int LabelSide = 600;
    private const int LabelMargin = 36;
    private const double GlassWidth = 75; // mm
    private const double GlassHeight = 26;
    private const int OverviewWidth = 1280;
    private const int OverviewHeight = 432;
    private const int OverviewLabel = 400;
    private const int OverviewQuality = 90;

    /// <summary>A paper label: bar code, its text, the stain, rack and slot, the date.</summary>
    public static WsiImageDescription Label(string barcode, string place, DateTime scanned)
    {
        var canvas = new Canvas(LabelSide, LabelSide, (250, 249, 245));
        var room = LabelSide - 2 * LabelMargin;
        var narrow = Math.Max(1, room / Code39.WidthOf(barcode));
        canvas.DrawBarcode(barcode, LabelMargin, LabelMargin, 200, narrow);
        string[] lines = [barcode, "H&E", place, scanned.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)];
        for (var i = 0; i < lines.Length; i++)
        {
            var dot = Math.Clamp(room / (Math.Max(1, lines[i].Length) * (LabelFont.Columns + 1)), 1, i == 1 ? 9 : 6);
            canvas.Write(lines[i], LabelMargin, 270 + 78 * i, dot);
        }

        return new WsiImageDescription(
            WsiImageFlavor.Label, LabelSide, LabelSide, LabelSide, LabelSide, WsiCoding.NativeRgb, new MemoryFrame(canvas.Picture.Pixels))
        {
            ColumnSpacing = GlassHeight / LabelSide,
            RowSpacing = GlassHeight / LabelSide,
        };
    }

    /// <summary>The whole slide from above: label at the left, the scanned area where it lies, in scale.</summary>
    public static WsiImageDescription Overview(Mosaic mosaic, double micronsPerPixel, string barcode)
    {
        var canvas = new Canvas(OverviewWidth, OverviewHeight, (222, 224, 226));
        canvas.Fill(8, 8, OverviewWidth - 16, OverviewHeight - 16, (238, 239, 240));
        canvas.Fill(20, 20, OverviewLabel - 40, OverviewHeight - 40, (248, 247, 243));
        canvas.DrawBarcode(barcode, 40, 50, 130, Math.Max(1, (OverviewLabel - 80) / Code39.WidthOf(barcode)));
        canvas.Write(barcode, 40, 210, Math.Clamp((OverviewLabel - 80) / (Math.Max(1, barcode.Length) * (LabelFont.Columns + 1)), 1, 4));

        // Pixels of the slide for each pixel here; a scan larger than the free glass is shown smaller than it is.
        var scale = GlassWidth * 1000 / OverviewWidth / micronsPerPixel;
        scale = Math.Max(scale, Math.Max((double)mosaic.Width / (OverviewWidth - OverviewLabel - 40), (double)mosaic.Height / (OverviewHeight - 40)));
        scale = Math.Max(scale, 1.01);
        var (width, height) = (Math.Max(1, (int)(mosaic.Width / scale)), Math.Max(1, (int)(mosaic.Height / scale)));
        var left = OverviewLabel + (OverviewWidth - OverviewLabel - width) / 2;
        canvas.Lay(mosaic.Render(0, 0, width, height, scale), left, (OverviewHeight - height) / 2);
        return new WsiImageDescription(
            WsiImageFlavor.Overview, OverviewWidth, OverviewHeight, OverviewWidth, OverviewHeight, WsiCoding.JpegYCbCr,
            new MemoryFrame(PixelCodec.EncodeJpeg(canvas.Picture, OverviewQuality)))
        {
            ColumnSpacing = GlassWidth / OverviewWidth,
            RowSpacing = GlassWidth / OverviewWidth,
        };
    }
}
