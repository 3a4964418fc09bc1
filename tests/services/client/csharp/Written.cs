// Sets the properties of a generated input as words say (Name=value), and prints it as it is sent.
using System;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Text;

internal static class Written
{
    private static int Main(string[] words)
    {
        Type kind = Assembly.GetExecutingAssembly().GetType(words[0], true);
        object input = Activator.CreateInstance(kind);
        foreach (string[] pair in words.Skip(1).Select(word => word.Split('=')))
        {
            PropertyInfo property = kind.GetProperty(pair[0]);
            Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            property.SetValue(input, Convert.ChangeType(pair[1], type, CultureInfo.InvariantCulture));
        }
        var text = new StringBuilder();
        MethodInfo write = kind.GetMethod("Write", BindingFlags.Instance | BindingFlags.NonPublic);
        write.Invoke(input, new object[] { text, 0 });
        Console.WriteLine(text);
        return 0;
    }
}
