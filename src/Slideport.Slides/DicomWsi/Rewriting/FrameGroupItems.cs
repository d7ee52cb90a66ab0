using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;

namespace Slideport.Slides.DicomWsi.Rewriting;

/// <summary>
/// The items of Per-Frame Functional Groups (5200,9230), one after the other and never two of them in memory: a GT 450's level 0 has 140 000.
/// </summary>
internal static class FrameGroupItems
{
    /// <summary>Shows each frame's item, in the order of frames.</summary>
    /// <param name="path">The instance.</param>
    /// <param name="item">Given an item of its own each time; false ends the reading.</param>
    /// <param name="cancellationToken">Looked at for each.</param>
    /// <exception cref="Slideport.Dicom.DicomFormatException">The file is malformed.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static void ForEach(string path, Func<DicomDataSet, bool> item, CancellationToken cancellationToken)
    {
        var isWanted = true;
        bool Handle(DicomReader reader)
        {
            var isGroups = reader.Tag == Tags.PerFrameFunctionalGroupsSequence && reader.Token == DicomToken.SequenceStart && reader.Depth == 0;
            if (!isGroups || !isWanted)
            {
                reader.Skip();
                return true;
            }

            while (isWanted && reader.Read() && !(reader.Token == DicomToken.SequenceEnd && reader.Depth == 0))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (reader.Token == DicomToken.ItemStart) isWanted = item(DicomDataSet.Load(reader));
            }

            isWanted = false; // a second sequence of the same tag does not count
            return true;
        }

        Part10File.Open(path, Handle).Dispose();
    }
}
