using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;

namespace Slideport.Slides.DicomWsi.Rewriting;

/// <summary>References to other instances and codes, as PS3.3 10 has them.</summary>
internal static class InstanceReferences
{
    /// <summary>SOP Instance Reference Macro (PS3.3 10.8).</summary>
    public static DicomDataSet To(WsiInstance instance) =>
        new DicomDataSet().Set(Tags.ReferencedSOPClassUID, instance.SopClassUid).Set(Tags.ReferencedSOPInstanceUID, instance.SopInstanceUid);

    /// <summary>Code Sequence Macro (PS3.3 8.8).</summary>
    public static DicomDataSet Code(string value, string scheme, string meaning) => new DicomDataSet()
        .Set(Tags.CodeValue, value).Set(Tags.CodingSchemeDesignator, scheme).Set(Tags.CodeMeaning, meaning);
}
