    /// <summary>As much of JSON (RFC 8259) as the gateway's messages need.</summary>
    internal sealed class Json
    {
        private const int DeepestNesting = 64;
        private readonly string text;
        private int place;

        private Json(string text)
        {
            this.text = text;
        }

        /// <summary>Dictionary, list, string, double, bool or null.</summary>
        internal static object Read(string text)
        {
            var reader = new Json(text);
            object value = reader.Value(0);
            reader.Space();
            if (reader.place < text.Length)
            {
                throw reader.Malformed();
            }
            return value;
        }

        internal static object MemberOrNull(object value, string name)
        {
            var members = value as Dictionary<string, object>;
            object found;
            return members != null && members.TryGetValue(name, out found) ? found : null;
        }

        internal static object Member(object value, string name)
        {
            var members = value as Dictionary<string, object>;
            if (members == null || !members.ContainsKey(name))
            {
                throw new RelevoException(200, "unreadable", "The answer lacks '" + name + "'.");
            }
            return members[name];
        }

        internal static List<object> List(object value)
        {
            return value as List<object> ?? Refuse<List<object>>("a list");
        }

        internal static string Text(object value)
        {
            return value as string ?? Refuse<string>("a text");
        }

        internal static double Number(object value)
        {
            return value is double ? (double)value : Refuse<double>("a number");
        }

        internal static Dictionary<string, double> Numbers(object value)
        {
            if (value == null)
            {
                return null;
            }
            var members = value as Dictionary<string, object> ?? Refuse<Dictionary<string, object>>("an object");
            var numbers = new Dictionary<string, double>();
            foreach (KeyValuePair<string, object> member in members)
            {
                numbers[member.Key] = Number(member.Value);
            }
            return numbers;
        }

        /// <summary>One member of an instance; null is left out, or written where null is allowed.</summary>
        internal static void WriteMember(StringBuilder output, string name, object value, int index, bool writesNull)
        {
            if (value == null && !writesNull)
            {
                return;
            }
            output.Append(output[output.Length - 1] == '{' ? "" : ",");
            WriteText(output, name);
            output.Append(':');
            string words = value as string;
            if (words != null)
            {
                WriteText(output, words);
            }
            else if (value is double)
            {
                WriteNumber(output, (double)value, "instances[" + index + "]." + name);
            }
            else
            {
                output.Append(value == null ? "null" : value is bool ? ((bool)value ? "true" : "false")
                    : Convert.ToString(value, CultureInfo.InvariantCulture));
            }
        }

        internal static void WriteNumber(StringBuilder output, double value, string field)
        {
            if (double.IsNaN(value) || double.IsInfinity(value))
            {
                string words = field + " is NaN or infinite, which JSON has no number for";
                throw new RelevoException(422, "invalid_input", words)
                {
                    Field = field,
                };
            }
            // "R" alone does not always read back as the same number on .NET Framework.
            string written = value.ToString("R", CultureInfo.InvariantCulture);
            bool same = double.Parse(written, CultureInfo.InvariantCulture) == value;
            output.Append(same ? written : value.ToString("G17", CultureInfo.InvariantCulture));
        }

        internal static void WriteText(StringBuilder output, string value)
        {
            if (value == null)
            {
                output.Append("null");
                return;
            }
            output.Append('"');
            foreach (char letter in value)
            {
                if (letter == '"' || letter == '\\')
                {
                    output.Append('\\').Append(letter);
                }
                else if (letter < ' ' || char.IsSurrogate(letter))
                {
                    output.Append("\\u").Append(((int)letter).ToString("x4", CultureInfo.InvariantCulture));
                }
                else
                {
                    output.Append(letter);
                }
            }
            output.Append('"');
        }

        private static T Refuse<T>(string wanted)
        {
            throw new RelevoException(200, "unreadable", "The answer holds something else than " + wanted + ".");
        }

        private object Value(int depth)
        {
            Space();
            if (depth > DeepestNesting || place >= text.Length)
            {
                throw Malformed();
            }
            switch (text[place])
            {
                case '{':
                    return Members(depth);
                case '[':
                    return Items(depth);
                case '"':
                    return Words();
                case 't':
                    return Literal("true", true);
                case 'f':
                    return Literal("false", false);
                case 'n':
                    return Literal("null", null);
                default:
                    return Numeral();
            }
        }

        private Dictionary<string, object> Members(int depth)
        {
            var members = new Dictionary<string, object>();
            place++;
            if (Skip('}'))
            {
                return members;
            }
            do
            {
                Space();
                string name = Words();
                Demand(':');
                members[name] = Value(depth + 1);
            }
            while (Skip(','));
            Demand('}');
            return members;
        }

        private List<object> Items(int depth)
        {
            var items = new List<object>();
            place++;
            if (Skip(']'))
            {
                return items;
            }
            do
            {
                items.Add(Value(depth + 1));
            }
            while (Skip(','));
            Demand(']');
            return items;
        }

        private string Words()
        {
            Demand('"');
            var words = new StringBuilder();
            while (place < text.Length && text[place] != '"')
            {
                char letter = text[place++];
                words.Append(letter == '\\' ? Escaped() : letter);
            }
            Demand('"');
            return words.ToString();
        }

        private char Escaped()
        {
            char letter = place < text.Length ? text[place++] : ' ';
            int known = "\"\\/bfnrt".IndexOf(letter);
            if (known >= 0)
            {
                return "\"\\/\b\f\n\r\t"[known];
            }
            int code;
            if (letter != 'u' || place + 4 > text.Length || !int.TryParse(
                text.Substring(place, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code))
            {
                throw Malformed();
            }
            place += 4;
            return (char)code;
        }

        private object Literal(string word, object value)
        {
            if (string.CompareOrdinal(text, place, word, 0, word.Length) != 0)
            {
                throw Malformed();
            }
            place += word.Length;
            return value;
        }

        private object Numeral()
        {
            int start = place;
            while (place < text.Length && "+-.0123456789eE".IndexOf(text[place]) >= 0)
            {
                place++;
            }
            double value;
            if (!double.TryParse(
                text.Substring(start, place - start), NumberStyles.Float, CultureInfo.InvariantCulture, out value))
            {
                throw Malformed();
            }
            return value;
        }

        private void Space()
        {
            while (place < text.Length && " \t\r\n".IndexOf(text[place]) >= 0)
            {
                place++;
            }
        }

        private bool Skip(char letter)
        {
            Space();
            bool there = place < text.Length && text[place] == letter;
            place += there ? 1 : 0;
            return there;
        }

        private void Demand(char letter)
        {
            if (!Skip(letter))
            {
                throw Malformed();
            }
        }

        private FormatException Malformed()
        {
            return new FormatException("no JSON at character " + place);
        }
    }
